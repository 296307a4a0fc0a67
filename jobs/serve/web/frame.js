// What stands around the pages, a school's or a fleet's: language, title, the way to the content;
// and what they say when they fail.
/* global add */
import {main} from './parts.js';
import {session} from './session.js';
import {t} from './words.js';

export function frame(title) {
    document.documentElement.lang = session.russian ? 'ru' : 'en';
    document.getElementById('lang').textContent = session.russian ? 'English' : 'Русский';
    document.getElementById('skip').textContent = t('skip');
    document.title = `gcmirror · ${title}`;
}

// Gives the focus back to the same element, by its place, once main is drawn anew.
export function keepFocus(focusable) {
    const elements = () => [...main.querySelectorAll(focusable)],
          focused = elements().indexOf(document.activeElement);
    return () => focused >= 0 && elements()[focused]?.focus();
}

export function sayError(error) {
    console.error(error);  // a mistake of ours is no silence of the service
    main.replaceChildren();
    add(add(main, 'section', undefined, 'card'), 'p',
        error instanceof TypeError ? t('lost') : error.message, 'error')
        .setAttribute('role', 'alert');
    main.dataset.ready = 'error';
}

// The first drawing, and one for each change of the language.
export function start(draw) {
    document.getElementById('lang').addEventListener('click', () => {
        session.russian = !session.russian;
        localStorage.setItem('gcmirror.lang', session.russian ? 'ru' : 'en');
        draw();
    });
    document.getElementById('skip').addEventListener('click', event => {
        event.preventDefault();
        main.focus();
    });
    draw();
}
