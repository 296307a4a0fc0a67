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

export function report(data, query) {
    const page = {...data, title: session.russian ? data.ru : data.en, nothing: t('empty')};
    add(main, 'h1', page.title);
    add(main, 'p', `${t('asOf')} ${data.state} · ${session.zone}`, 'small soft');
    const form = add(main, 'form', undefined, 'range');
    const control = (name, element, value) => {
        const label = add(form, 'label', t(name)), input = add(label, element);
        input.name = name;
        if (element === 'input') {
            input.type = 'date';
            input.value = value || '';
        }
        return input;
    };
    control('from', 'input', query.get('from'));
    control('to', 'input', query.get('to'));
    const by = control('by', 'select');
    for (const value of ['day', 'week', 'month']) {
        const option = add(by, 'option', t(value));
        option.value = value;
        option.selected = (query.get('by') || 'day') === value;
    }
    add(form, 'button', t('show')).type = 'submit';
    form.addEventListener('submit', event => {
        event.preventDefault();
        const wanted = new URLSearchParams(new FormData(form));
        location.hash = `#/report/${data.name}?${wanted}`;
    });
    reportCharts(main, page, session.russian);
    reportTable(main, page, session.russian);
    add(main, 'p', data.definition, 'definition card');
}

// Without a range a report opens with the last 90 days; an empty day, asked for, is everything.
export function ranged(query) {
    if (!query.has('from'))
        query.set('from', new Date(Date.now() - 90 * 86400000).toISOString().slice(0, 10));
    return query;
}
