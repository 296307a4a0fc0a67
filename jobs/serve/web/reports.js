// The list of reports: favourites first, then in groups, found by words of both languages.
/* global add */
import {dictionary} from './dictionary.js';
import {card, main} from './parts.js';
import {session} from './session.js';
import {t} from './words.js';

const groups = ['money', 'sales', 'people', 'channels', 'managers', 'access', 'quality'];
const key = 'gcmirror.favourites';
const favourites = () => JSON.parse(localStorage.getItem(key) || '[]');

function item(list, report, redraw) {
    const line = add(list, 'li'), title = session.russian ? report.ru : report.en;
    add(line, 'a', title).href = report.name === 'morning' ? '#/' : `#/report/${report.name}`;
    const star = add(line, 'button', favourites().includes(report.name) ? '★' : '☆', 'star');
    star.type = 'button';
    star.dataset.report = report.name;
    star.setAttribute('aria-pressed', favourites().includes(report.name));
    star.setAttribute('aria-label', `${t('favourite')}: ${title}`);
    star.addEventListener('click', () => {
        const now = favourites();
        localStorage.setItem(
            key,
            JSON.stringify(
                now.includes(report.name) ? now.filter(name => name !== report.name) :
                                            [...now, report.name]));
        redraw();
        document.querySelector(`button.star[data-report="${report.name}"]`)?.focus();
    });
}

export function reports(list) {
    add(main, 'h1', t('reports'));
    const search = add(main, 'input', undefined, 'search');
    search.type = 'search';
    search.placeholder = t('search');
    search.setAttribute('aria-label', t('search'));
    const place = add(main, 'div', undefined, 'groups');
    const draw = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        const found = list.filter(report => {
            const text = [
                report.en, report.ru, report.name, report.definition, report.search
            ].join(' ').toLowerCase();
            return words.every(word => text.includes(word));
        });
        place.replaceChildren();
        const group = (title, all) => {
            if (all.length === 0) return;
            const index = add(card(place, title), 'ul', undefined, 'index');
            for (const report of all) item(index, report, draw);
        };
        const starred = favourites();
        group(t('favourites'), found.filter(report => starred.includes(report.name)));
        for (const name of groups)
            group(
                dictionary.values.group[name][session.russian ? 1 : 0],
                found.filter(report => report.group === name && !starred.includes(report.name)));
        group(
            '',
            found.filter(
                report => !groups.includes(report.group) && !starred.includes(report.name)));
        if (found.length === 0) add(place, 'p', t('noReport'), 'soft');
    };
    search.addEventListener('input', draw);
    draw();
}
