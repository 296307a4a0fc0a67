// The owner's morning: yesterday, this week and this month, each figure beside the ones before it
// and leading to its rows; where the month leads; what needs somebody's hand.
/* global add, grouped */
import {dayOf} from './format.js';
import {card, main} from './parts.js';
import {session} from './session.js';
import {said, t} from './words.js';

const spans = ['day', 'week', 'month'];
// The figures as text, as every page has them: money with the cents that a number of JSON forgets.
const amounts =
    new Set(['value', 'before', 'last_year', 'net', 'forecast', 'expected', 'plan', 'amount']);
// The places of a figure: cents of money, tenths of a percentage.
const places = (row, name) => /_percent$/.test(name) ? 1 :
    !amounts.has(name)                               ? 0 :
    row.measure === 'paid_share'                     ? 1 :
    row.currency                                     ? 2 :
                                                       0;
const texts = rows => rows.map(
    row => Object.fromEntries(Object.entries(row).map(
        ([
            name, value
        ]) => [name, typeof value === 'number' ? value.toFixed(places(row, name)) : value])));
const figure = (row, value = row.value) => value === null ?
    '—' :
    grouped(value, session.russian) + (row.measure === 'paid_share' ? '\u00a0%' : '');

// The rows that a figure is made of.
function rowsOf(row) {
    const query = new URLSearchParams({figure: row.measure, from: row.from_day, to: row.to_day});
    if (row.currency) query.append('where', `currency=${row.currency}`);
    return `#/rows/morning?${query}`;
}

// More is good, but not of refunds; of debts it is neither.
const good = {
    refunds: -1,
    debts_due: 0
};
function change(parent, row, era) {
    const percent = row[`${era}_percent`], days = row[`${era}_from`];
    if (row[era] === null || percent === null) return;
    const sign = Math.sign(Number(percent)) * (good[row.measure] ?? 1);
    const line = add(parent, 'div', undefined, 'small');
    const shown = grouped(percent.replace('-', ''), session.russian);
    const mark = Number(percent) < 0 ? '−' : Number(percent) > 0 ? '+' : '';
    add(line, 'span', `${mark}${shown}\u00a0${row.measure === 'paid_share' ? t('points') : '%'}`,
        'delta ' +
            (sign > 0     ? 'up' :
                 sign < 0 ? 'down' :
                            ''));
    add(line, 'span', ` ${t(era === 'before' ? `before_${row.span}` : era)}`, 'soft');
    line.title =
        `${figure(row, row[era])} · ${dayOf(days, true)} – ${dayOf(row[`${era}_to`], true)}`;
}

// Thirteen weeks as a small line; its figures are in the report.
function spark(parent, weeks) {
    const values = weeks.map(week => week.value === null ? null : Number(week.value));
    const low = Math.min(0, ...values), height = Math.max(0, ...values) - low || 1;
    const svg = 'http://www.w3.org/2000/svg', image = document.createElementNS(svg, 'svg');
    image.setAttribute('viewBox', '0 0 120 32');
    image.setAttribute('class', 'spark');
    image.setAttribute('role', 'img');
    image.setAttribute('aria-label', t('weeks13'));
    const point = (value, i) =>
        value === null ? null : `${2 + i * 116 / 12},${30 - 27 * (value - low) / height}`;
    // what is not known is a gap, not a fall to zero
    const drawn = (points, kind) => {
        const gap = points.lastIndexOf(null);
        if (gap >= 0) {
            if (gap > 0) drawn(points.slice(0, gap), kind);
            points = points.slice(gap + 1);
        }
        if (points.length === 0) return;
        const line = document.createElementNS(svg, 'polyline');
        line.setAttribute('points', points.join(' '));
        line.setAttribute('class', kind);
        image.append(line);
    };
    // a week that is not over is no fall
    const last = weeks[weeks.length - 1], points = values.map(point);
    const over = new Date(last.to_day) - new Date(last.from_day) >= 6 * 864e5;
    drawn(over ? points : points.slice(0, -1), 'whole');
    if (!over) drawn(points.slice(-2), 'begun');
    parent.append(image);
}

function measureCard(parent, rows, weeks) {
    const {measure, currency} = rows[0], section = card(parent);
    const head = add(section, 'div', undefined, 'ends');
    add(head, 'h2', [said('measure', measure), currency].filter(Boolean).join(', '));
    if (weeks.length) spark(head, weeks);
    const columns = add(section, 'div', undefined, 'spans');
    for (const span of spans) {
        const row = rows.find(each => each.span === span);
        if (!row) continue;
        const box = add(columns, 'div');
        add(box, 'div', said('span', span), 'small soft');
        const value = add(box, 'a', figure(row), 'figure');
        value.href = rowsOf(row);
        value.title = `${t('seeRows')}: ${dayOf(row.from_day, true)} – ${dayOf(row.to_day, true)}`;
        change(box, row, 'before');
        change(box, row, 'last_year');
    }
}

function figures(data) {
    const groups = new Map();
    for (const row of data.figures) {
        const key = `${row.measure} ${row.currency || ''}`;
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(row);
    }
    const any = value => value !== null && Number(value) !== 0;
    const grid = add(main, 'div', undefined, 'grid wide');
    for (const rows of groups.values()) {
        // a currency in which nothing has happened is no news
        if (rows[0].currency && !rows.some(row => any(row.value) || any(row.before))) continue;
        measureCard(
            grid, rows,
            data.weeks.filter(
                week => week.measure === rows[0].measure && week.currency === rows[0].currency));
    }
}

function facts(section, lines) {
    const list = add(section, 'ul', undefined, 'facts');
    for (const [name, value, href] of lines) {
        const item = add(list, 'li');
        add(item, 'span', name);
        const shown = add(item, href ? 'a' : 'span', value);
        if (href) shown.href = href;
    }
}

function outlook(parent, data) {
    for (const row of data.outlook) {
        if (!Number(row.net) && !Number(row.plan)) continue;
        const money = value => grouped(value, session.russian);
        const section = card(parent, `${t('monthEnd')}, ${row.currency}`);
        add(section, 'p', row.forecast === null ? '—' : money(row.forecast), 'figure');
        add(section, 'p', t('forecastHow'), 'small soft');
        facts(section, [
            [t('soFar'), money(row.net)],
            ...(row.expected && Number(row.expected) ?
                    [[t('awaited'), money(row.expected), '#/report/expected_instalments']] :
                    []),
            ...(row.plan === null ?
                    [] :
                    [
                        [t('planned'), money(row.plan), '#/report/school_plan'],
                        [
                            t('ofPlan'),
                            `${grouped(row.forecast_percent || '0', session.russian)}\u00a0%`
                        ]
                    ])
        ]);
    }
}

function hands(parent, data) {
    const section = card(parent, t('hands')), waiting = data.hands.filter(row => row.found !== '0');
    section.id = 'hands';
    facts(
        section,
        waiting.map(
            row => [
                [said('hand', row.hand), row.labels].filter(Boolean).join(': '),
                [
                    grouped(row.found, session.russian),
                    row.amount && `${grouped(row.amount, session.russian)} ${row.currency || ''}`
                ].filter(Boolean)
                    .join(' · '),
                `#/report/${row.report}?from=`]));
    if (waiting.length === 0) add(section, 'p', t('noHands'));
    const unset = data.hands.filter(row => row.set_up !== true && row.found === '0');
    if (unset.length)
        add(section, 'p',
            `${t('notSetUp')}: ${unset.map(row => said('hand', row.hand)).join('; ')}.`,
            'small soft');
}

export function morning(read) {
    const data = {...read};
    for (const part of ['figures', 'weeks', 'outlook', 'hands']) data[part] = texts(read[part]);
    if (data.figures.length === 0) return location.replace('#/state');  // nothing is mirrored yet
    add(main, 'h1', data.title);
    const line = add(main, 'p', undefined, `as-of ${data.level}`);
    line.id = 'as-of';
    add(line, 'span', `${data.line} `);
    add(line, 'a', t('overview')).href = '#/state';
    figures(data);
    const below = add(main, 'div', undefined, 'grid wide');
    hands(below, data);
    outlook(below, data);
    for (const note of data.notes) add(main, 'p', note, 'more note');
    add(main, 'p', data.definition, 'definition card');
}
