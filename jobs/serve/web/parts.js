// Building blocks of the pages; everything is put in as text, never as markup.
/* global add */
import {session} from './session.js';
import {state, t, tone} from './words.js';

export const main = document.getElementById('main');
export const badge = (parent, name) => add(parent, 'span', state(name), 'badge ' + tone(name));

// Its body; headings are [title, kind].
export function emptyTable(parent, label, headings) {
    const box = add(parent, 'div', undefined, 'plain'), element = add(box, 'table'),
          top = add(add(element, 'thead'), 'tr');
    box.tabIndex = 0;  // it may scroll
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', label);
    for (const [title, kind] of headings) add(top, 'th', title, kind).scope = 'col';
    return add(element, 'tbody');
}

// One table: columns are [title, cell(row) -> text | function(td), kind].
export function grid(parent, rows, columns, empty = t('empty')) {
    if (!rows || rows.length === 0) return void add(parent, 'p', empty, 'soft');
    const body = emptyTable(
        parent,
        parent.querySelector('h2')?.textContent || main.querySelector('h1')?.textContent ||
            t('table'),
        columns.map(([title, , kind]) => [title, kind === 'number' ? 'number' : '']));
    for (const row of rows) {
        const line = add(body, 'tr');
        for (const [, cell, kind] of columns) {
            const value = cell(row),
                  td = add(line, 'td', typeof value === 'function' ? undefined : value, kind || '');
            if (typeof value === 'function') value(td);
        }
    }
}
export const card = (parent, title) => {
    const section = add(parent, 'section', undefined, 'card');
    if (title) add(section, 'h2', title);
    return section;
};
export const link = (text, href) => td => {
    add(td, 'a', text).href = href;
};

// How much of `most` it is; what fills it is the caller's.
export function meter(parent, most, now, label) {
    const made = add(parent, 'div', undefined, 'gauge');
    made.setAttribute('role', 'meter');
    for (const [name, value] of [
             ['aria-valuemin', 0], ['aria-valuemax', most], ['aria-valuenow', now],
             ['aria-label', label]])
        made.setAttribute(name, value);
    return made;
}

export async function load(path, options) {
    const headers = {'Accept-Language': session.russian ? 'ru' : 'en', ...options?.headers};
    const response = await fetch(path, {credentials: 'same-origin', ...options, headers});
    const body = await response.json();
    if (!response.ok)
        throw Object.assign(
            new Error(body.error || response.statusText), {status: response.status});
    return body;
}
