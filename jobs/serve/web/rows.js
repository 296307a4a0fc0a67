// The rows behind a figure of a report, each leading to its order or person in GetCourse.
/* global add, dayAsSaid, grouped, reportTable */
import {main} from './parts.js';
import {choiceOf, copyButton, fileButtons, hashQuery, keep, schoolHref} from './report.js';
import {session} from './session.js';
import {t} from './words.js';

// Of the many columns of a row those that one looks at first; the others are a choice away.
const usual = new Set([
    'order_number',  'payment_number', 'day',         'created_on', 'money_on',    'registered_on',
    'last_money_on', 'person_name',    'email',       'phone',      'product',     'status',
    'kind',          'cost',           'paid_amount', 'net',        'amount',      'currency',
    'manager',       'utm_source',     'segment',     'orders',     'from_status', 'to_status',
    'city',          'set_apart'
]);

// The options of the page as the service takes them: where0, where1, …
export function askedRows(query) {
    const wanted = new URLSearchParams({lang: session.russian ? 'ru' : 'en'});
    for (const name of ['figure', 'from', 'to', 'as_of'])
        if (query.get(name)) wanted.set(name, query.get(name));
    query.getAll('where').forEach((condition, i) => wanted.set(`where${i}`, condition));
    return wanted;
}

const counted = 'counted=true';

// The figure and how its rows make it: whoever adds them up comes to the same.
function figureLine({title, value, said, how, column}, currency) {
    const line = add(main, 'p', undefined, 'made-of');
    add(line, 'span', `${title}: `);
    const shown =
        add(line, 'b',
            value ? grouped(value, session.russian) + (how === 'percent' ? '\u00a0%' : '') : '—');
    Object.assign(shown.dataset, {value, how, column});
    add(line, 'span', [currency && ` ${currency}`, ` = ${said}`].filter(Boolean).join(''));
}

export function rows(data) {
    const query = hashQuery(), back = new URLSearchParams();
    for (const name of ['from', 'to', 'as_of'])
        if (query.get(name)) back.set(name, query.get(name));
    add(main, 'p').appendChild(Object.assign(
        document.createElement('a'),
        data.name === 'morning' ?
            {textContent: `← ${t('home')}`, href: '#/'} :
            {textContent: `← ${t('backTo')}`, href: `#/report/${data.name}?${back}`}));
    add(main, 'h1', `${t('behind')}: ${data.title}`);
    const chips = add(main, 'ul', undefined, 'chips');
    const days = [query.get('from'), query.get('to')].filter(Boolean);
    if (days.length)
        add(chips, 'li',
            [...new Set(days)].map(day => dayAsSaid(day, session.russian)).join(' – '));
    for (const condition of query.getAll('where')) {
        if (condition === counted) continue;
        const [, column, value] = /^([^=]*)=(.*)$/s.exec(condition) || [];
        const at = data.columns.indexOf(column);
        add(chips, 'li',
            `${(data.titles || [])[at] || column.replaceAll('_', ' ')}: ${value || '—'}`);
    }
    if (data.figure)
        figureLine(
            data.figure,
            query.getAll('where').find(each => each.startsWith('currency='))?.slice(9));
    else if (data.columns.includes('counted')) {
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
    const hidden = data.columns.filter(
        name => !usual.has(name) && name !== data.figure?.column &&
            !query.getAll('where').some(each => each.startsWith(`${name}=`)));
    reportTable(main, data, session.russian, {
        choice: choiceOf(query, hidden),
        changed: choice => keep(choice, hidden),
        tools: bar => {
            const files = askedRows(query);
            files.set('name', data.name);
            if (!data.rest) fileButtons(bar, 'rows', files);
            copyButton(bar);
        },
        href: (column, row) => schoolHref(data.columns, column, row)
    });
}
