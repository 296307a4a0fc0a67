// The rows behind a figure of a report, each leading to its order or person in GetCourse.
/* global add, reportTable */
import {main} from './parts.js';
import {choiceOf, copyButton, hashQuery, keep, schoolHref} from './report.js';
import {session} from './session.js';
import {t} from './words.js';

// The options of the page as the service takes them: where0, where1, …
export function askedRows(query) {
    const wanted = new URLSearchParams({lang: session.russian ? 'ru' : 'en'});
    for (const name of ['from', 'to', 'as_of'])
        if (query.get(name)) wanted.set(name, query.get(name));
    query.getAll('where').forEach((condition, i) => wanted.set(`where${i}`, condition));
    return wanted;
}

const counted = 'counted=true';

export function rows(data) {
    const query = hashQuery(), back = new URLSearchParams();
    for (const name of ['from', 'to', 'as_of'])
        if (query.get(name)) back.set(name, query.get(name));
    add(main, 'p').appendChild(Object.assign(
        document.createElement('a'),
        {textContent: `← ${t('backTo')}`, href: `#/report/${data.name}?${back}`}));
    add(main, 'h1', `${t('behind')}: ${data.title}`);
    const chips = add(main, 'ul', undefined, 'chips');
    const days = [query.get('from'), query.get('to')].filter(Boolean);
    if (days.length) add(chips, 'li', [...new Set(days)].join(' – '));
    for (const condition of query.getAll('where')) {
        if (condition === counted) continue;
        const [, column, value] = /^([^=]*)=(.*)$/s.exec(condition) || [];
        const at = data.columns.indexOf(column);
        add(chips, 'li',
            `${(data.titles || [])[at] || column.replaceAll('_', ' ')}: ${value || '—'}`);
    }
    if (data.columns.includes('counted')) {
        const label = add(main, 'label', undefined, 'small'), box = add(label, 'input');
        box.type = 'checkbox';
        box.checked = query.getAll('where').includes(counted);
        add(label, 'span', ' ' + t('onlyCounted'));
        box.addEventListener('change', () => {
            query.delete('where', counted);
            if (box.checked) query.append('where', counted);
            location.hash = `#/rows/${data.name}?${query}`;
        });
    }
    reportTable(main, data, session.russian, {
        choice: choiceOf(query),
        changed: keep,
        tools: copyButton,
        rest: `gcmirror report ${data.name} --rows --format csv: ${t('allRows')}`,
        href: (column, row) => schoolHref(data.columns, column, row)
    });
}
