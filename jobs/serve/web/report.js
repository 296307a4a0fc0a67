// One report with its range, chart and table; the address keeps everything that is chosen.
/* global add, coded, dayAsSaid, reportCharts, reportTable */
import {main} from './parts.js';
import {session} from './session.js';
import {t} from './words.js';

export const hashQuery = () => new URLSearchParams(location.hash.split('?')[1] || '');

// What the table stands at, from the address and back into it.
export function choiceOf(query, hidden = []) {
    const sort = query.get('sort') || '';
    return {
        sort: sort.replace(/^-/, ''),
        down: sort.startsWith('-'),
        find: query.get('find') || '',
        hidden: query.has('hide') ? query.get('hide').split(',').filter(Boolean) : hidden,
        compare: query.get('compare') || ''
    };
}
export function keep(choice, hidden = []) {
    const query = hashQuery(),
          set = (name, value) => value ? query.set(name, value) : query.delete(name);
    set('sort', choice.sort && (choice.down ? '-' : '') + choice.sort);
    set('find', choice.find);
    set('hide', choice.hidden.join(','));
    if (hidden.length) query.set('hide', choice.hidden.join(','));  // none is a choice, too
    if (hidden.join() === choice.hidden.join()) query.delete('hide');
    set('compare', choice.compare);
    history.replaceState(null, '', `${location.hash.split('?')[0]}?${query}`);
}

// Where a cell leads in GetCourse: its own pages of orders and people, by number.
export function schoolHref(columns, column, row) {
    const id = name => row[columns.indexOf(name)],
          page = (path, number, title) => ({
              to: `${session.school}/${path}/update/id/${encodeURIComponent(number)}`,
              title: t(title),
              away: true
          });
    const order = columns.includes('order_id') && id('order_id');
    if (order && (column === 'order_id' || column === 'order_number'))
        return page('sales/control/deal', order, 'openOrder');
    const user = columns.includes('user_id') && id('user_id');
    if (user && (column === 'user_id' || column === 'person_name'))
        return page('user/control/user', user, 'openUser');
    if (column === 'run_id' && id('run_id')) return {to: `#/run/${id('run_id')}`};
    return null;
}

// CSV and Excel of what is shown, by the same options.
export function fileButtons(bar, what, query) {
    for (const kind of ['csv', 'xlsx']) {
        const link = add(bar, 'a', t(kind), 'button');
        link.href = `/api/${what}.${kind}?${query}`;
        link.download = '';
    }
}
export function copyButton(bar) {
    const button = add(bar, 'button', t('copyLink'));
    button.type = 'button';
    button.addEventListener('click', async () => {
        await navigator.clipboard?.writeText(location.href);
        button.textContent = t('copied');
    });
}

const text = date => date.toISOString().slice(0, 10);
function ranges(data) {
    const now = new Date(data.state.slice(0, 10) + 'T00:00:00Z'), year = now.getUTCFullYear(),
          month = now.getUTCMonth(), first = shift => text(new Date(Date.UTC(year, month + shift)));
    return {
        thisMonth: [first(0), text(now)],
        lastMonth: [first(-1), text(new Date(Date.UTC(year, month, 0)))],
        lastWeeks: null,
        thisYear: [`${year}-01-01`, text(now)],
        everything: ['', '']
    };
}

// A range by name; what is typed into the days is one of one's own.
function quickRange(form, data, control, go) {
    const quick = control('quick', 'select'), known = ranges(data);
    for (const name of ['chosen', ...Object.keys(known)])
        add(quick, 'option', t(name)).value = name;
    const now = Object.keys(known).find(
        name => known[name] && known[name][0] === data.from && known[name][1] === data.to);
    quick.value = now || (hashQuery().has('from') ? 'chosen' : 'lastWeeks');
    quick.removeAttribute('name');
    quick.addEventListener('change', () => {
        if (quick.value === 'chosen') return;
        const range = known[quick.value];
        go(range ? {from: range[0], to: range[1]} : {from: null, to: null});
    });
}

// Only the controls that the report has an answer to.
function controls(data) {
    if (!data.has_range && !data.has_as_of) return;
    const form = add(main, 'form', undefined, 'range'), query = hashQuery();
    const control = (name, element, label = name) => {
        const input = add(add(form, 'label', t(label)), element);
        input.name = name;
        return input;
    };
    const go = values => {
        for (const [name, value] of Object.entries(values))
            value === null ? query.delete(name) : query.set(name, value);
        location.hash = `#/report/${data.name}?${query}`;
    };
    if (data.has_range) {
        quickRange(form, data, control, go);
        for (const name of ['from', 'to']) {
            const input = control(name, 'input');
            input.type = 'date';
            input.value = data[name];
        }
    }
    if (data.has_by) {
        const by = control('by', 'select');
        for (const value of ['', 'day', 'week', 'month'])
            add(by, 'option', t(value || 'fitting')).value = value;
        by.value = query.get('by') || '';
    }
    if (data.has_as_of) {
        const day = control('as_of', 'input', 'asOfDay');
        day.type = 'date';
        day.value = data.as_of;
    }
    add(form, 'button', t('show')).type = 'submit';
    form.addEventListener('submit', event => {
        event.preventDefault();
        const values = Object.fromEntries(new FormData(form));
        for (const name of ['by', 'as_of'])
            if (!values[name]) values[name] = null;
        go(values);
    });
}

// The days of a row: its bucket's, within the range asked for.
function daysOf(data, row) {
    const bucket = data.bucket ? row[data.columns.indexOf(data.bucket)] : undefined;
    if (bucket === undefined) return [data.from, data.to];
    if (bucket === null) return null;  // money without a date has no days
    const first = new Date(bucket + 'T00:00:00Z'), by = data.has_by ? data.by : 'month';
    const last = by === 'month' ?
        new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)) :
        new Date(+first + (by === 'week' ? 6 : 0) * 864e5);
    return [
        data.from > bucket ? data.from : bucket,
        data.to && data.to < text(last) ? data.to : text(last)
    ];
}

// The rows that a figure is made of: `gcmirror report NAME --rows --figure --from --to --where …`.
function rowsHref(data, column, row) {
    if (!data.figures.includes(column)) return null;
    const days = data.drill && daysOf(data, row);
    if (!days) return null;
    const query = new URLSearchParams({figure: column, from: days[0], to: days[1]});
    for (const [name, of, value] of data.drill) {
        const at = of === null ? -1 : data.columns.indexOf(of);
        query.append('where', `${name}=${of === null ? value : row[at] ?? ''}`);
    }
    if (data.as_of) query.set('as_of', data.as_of);
    return `#/rows/${data.name}?${query}`;
}

export function report(data) {
    add(main, 'h1', data.title);
    add(main, 'p',
        [data.range, `${t('asOf')} ${dayAsSaid(data.state, session.russian)}`, data.zone]
            .filter(Boolean)
            .join(' · '),
        'small soft');
    controls(data);
    if (!data.has_range) add(main, 'p', t('stateNow'), 'small soft');
    reportCharts(main, data, session.russian);
    const files = new URLSearchParams({name: data.name, lang: session.russian ? 'ru' : 'en'});
    for (const name of ['from', 'to', 'by', 'as_of'])
        if (data[name] && (name !== 'by' || data.has_by)) files.set(name, data[name]);
    reportTable(main, data, session.russian, {
        choice: choiceOf(hashQuery()),
        changed: keep,
        tools: bar => {
            fileButtons(bar, 'report', files);
            copyButton(bar);
        },
        href: (column, row, right) => {
            if (!right) return schoolHref(data.columns, column, row);
            const to = rowsHref(data, column, row);
            return to && {to, title: t('seeRows')};
        }
    });
    for (const note of data.notes) coded(add(main, 'p', undefined, 'more note'), note);
    add(main, 'p', data.definition, 'definition card');
}

// Without a range a report opens with the last whole weeks; an empty day, asked for, is everything.
export function asked(query) {
    const wanted = new URLSearchParams({lang: session.russian ? 'ru' : 'en'});
    for (const name of ['from', 'to', 'by', 'as_of'])
        if (query.get(name)) wanted.set(name, query.get(name));
    if (!query.has('from')) wanted.set('recent', '1');
    return wanted;
}
