// The list of reports, and one report with its range, charts and table.
/* global add, reportCharts, reportTable */
import {card, main} from './parts.js';
import {session} from './session.js';
import {t} from './words.js';

export function reports(list) {
    add(main, 'h1', t('reports'));
    const index = add(card(main), 'ul', undefined, 'index');
    for (const report of list)
        add(add(index, 'li'), 'a', session.russian ? report.ru : report.en).href =
            `#/report/${report.name}`;
}

// Only the controls that the report has an answer to.
function controls(data) {
    const form = add(main, 'form', undefined, 'range');
    const control = (name, element) => {
        const input = add(add(form, 'label', t(name)), element);
        input.name = name;
        return input;
    };
    for (const name of ['from', 'to']) {
        const input = control(name, 'input');
        input.type = 'date';
        input.value = data[name];
    }
    if (data.has_by) {
        const by = control('by', 'select');
        for (const value of ['', 'day', 'week', 'month']) {
            const option = add(by, 'option', t(value || 'fitting'));
            option.value = value;
        }
        by.value = new URLSearchParams(location.hash.split('?')[1] || '').get('by') || '';
    }
    add(form, 'button', t('show')).type = 'submit';
    form.addEventListener('submit', event => {
        event.preventDefault();
        location.hash = `#/report/${data.name}?${new URLSearchParams(new FormData(form))}`;
    });
}

export function report(data) {
    add(main, 'h1', data.title);
    add(main, 'p',
        [data.range, `${t('asOf')} ${data.state}`, data.zone].filter(Boolean).join(' · '),
        'small soft');
    if (data.has_range)
        controls(data);
    else
        add(main, 'p', t('stateNow'), 'small soft');
    reportCharts(main, data, session.russian);
    reportTable(main, data, session.russian);
    for (const note of data.notes) add(main, 'p', note, 'more note');
    add(main, 'p', data.definition, 'definition card');
}

// Without a range a report opens with the last whole weeks; an empty day, asked for, is everything.
export function asked(query) {
    if (!query.has('from')) query.set('recent', '1');
    query.set('lang', session.russian ? 'ru' : 'en');
    return query;
}
