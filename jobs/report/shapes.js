// Cohorts as a heat map, funnels as funnels, shares as shares: of plain elements, so that they can
// be read, printed and reached by keyboard.
/* global add, decimalSum, grouped, palette, say, shownValue */
'use strict';
const tone = (element, share) => element.style.setProperty('--share', share);

// Rows of the page, by currency and by series: [title, rows].
function shapeParts(page) {
    const money = page.columns.indexOf('currency'), by = page.columns.indexOf(page.chart.series);
    const parts = new Map();
    for (const row of page.rows) {
        const name = [
            ...new Set([money < 0 ? null : row[money], by < 0 ? null : row[by]])
        ].filter(Boolean).join(' · ');
        if (!parts.has(name)) parts.set(name, []);
        parts.get(name).push(row);
    }
    return parts;
}

// Each step as wide as what reaches it; said beside it: how many, of the first, of the one before.
function funnelShape(card, page, russian) {
    const x = page.columns.indexOf(page.chart.x),
          measure = page.columns.indexOf(page.chart.measures[0]);
    for (const [name, rows] of shapeParts(page)) {
        if (name) add(card, 'h2', name);
        const list = add(card, 'ol', undefined, 'shape funnel'), first = Number(rows[0][measure]);
        let before = null;
        for (const row of rows) {
            const people = Number(row[measure]), item = add(list, 'li');
            const percent = of => `${grouped((100 * people / of).toFixed(1), russian)}\u00a0%`;
            add(item, 'span', shownValue(page, x, row[x], russian));
            tone(
                add(add(item, 'span', undefined, 'track'), 'div', undefined, 'bar'),
                first > 0 ? Math.min(100, 100 * people / first) : 0);
            const facts = [grouped(row[measure], russian)];
            if (before !== null && first > 0)
                facts.push(`${percent(first)} ${say('ofFirst', russian)}`);
            if (before > 0) facts.push(`${percent(before)} ${say('ofBefore', russian)}`);
            add(item, 'span', facts.join(' · '), 'small');
            before = people;
        }
    }
}

// A whole cut into its parts: at most seven and the others.
function shareShape(card, page, russian) {
    const x = page.columns.indexOf(page.chart.x),
          measure = page.columns.indexOf(page.chart.measures[0]), most = 7;
    for (const [name, rows] of shapeParts({...page, chart: {...page.chart, series: 'currency'}})) {
        const sums = new Map();
        for (const row of rows) {
            if (!(Number(row[measure]) > 0)) continue;  // a part of less than nothing is none
            if (!sums.has(row[x])) sums.set(row[x], []);
            sums.get(row[x]).push(row[measure]);
        }
        // said to the last kopeck; only the widths are numbers
        const all =
            [...sums].map(([part, texts]) => [part, decimalSum(texts)]).sort((a, b) => b[1] - a[1]);
        if (all.length === 0) continue;
        const whole = decimalSum(all.map(part => part[1]));
        const parts = all.slice(0, most), rest = all.slice(most);
        if (rest.length)
            parts.push([
                `${say('others', russian)} (${rest.length})`, decimalSum(rest.map(part => part[1]))
            ]);
        if (name) add(card, 'h2', name);
        const stack = add(card, 'div', undefined, 'stack'),
              keys = add(card, 'ul', undefined, 'keys');
        stack.setAttribute('aria-hidden', 'true');
        parts.forEach(([part, value], i) => {
            const bit = add(stack, 'i'), item = add(keys, 'li');
            tone(bit, 100 * value / whole);
            bit.style.backgroundColor = add(item, 'i').style.backgroundColor = palette[i];
            add(item, 'span', shownValue(page, x, part, russian));
            add(item, 'span', grouped(value, russian));
            add(item, 'b', `${grouped((100 * value / whole).toFixed(1), russian)}\u00a0%`);
        });
    }
}

// One measure of a heat map: a row per series, a column per x, the deeper the more.
function heatTable(parent, page, rows, measure, russian) {
    const at = name => page.columns.indexOf(name), x = at(page.chart.x), by = at(page.chart.series),
          size = at('cohort_buyers'), value = at(measure);
    const steps = [...new Set(rows.map(row => Number(row[x])))].sort((a, b) => a - b);
    const cohorts = new Map();
    for (const row of rows) {
        if (!cohorts.has(row[by])) cohorts.set(row[by], {size: row[size], cells: new Map()});
        cohorts.get(row[by]).cells.set(Number(row[x]), row[value]);
    }
    // the first month of a retention is always whole and would make all others pale
    const percent = measure.endsWith('_percent');
    const most = Math.max(
        1, ...rows.filter(row => !percent || Number(row[x]) > 0).map(row => Number(row[value])));
    const box = add(add(parent, 'div', undefined, 'sheet'), 'div');
    box.tabIndex = 0;
    box.setAttribute('role', 'region');
    box.setAttribute(
        'aria-label', [page.title, measure, rows[0][at('currency')]].filter(Boolean).join(' '));
    const element = add(box, 'table', undefined, 'heat'), top = add(add(element, 'thead'), 'tr');
    for (const text of [page.titleOf(by), say('buyers', russian), ...steps])
        add(top, 'th', String(text), text === page.titleOf(by) ? '' : 'number').scope = 'col';
    const body = add(element, 'tbody');
    for (const [cohort, {size: buyers, cells}] of [...cohorts].sort().reverse()) {
        const line = add(body, 'tr');
        add(line, 'th', cohort === null ? '—' : cohort.slice(0, 7), 'plain').scope = 'row';
        tone(add(line, 'td', grouped(buyers || '', russian)), 0);
        for (const step of steps) {
            const text = cells.get(step), cell = add(line, 'td');
            tone(cell, 0);
            if (text === undefined || text === null) continue;
            cell.textContent = grouped(text, russian);
            tone(cell, Math.min(100, 100 * Number(text) / most));
        }
    }
}

function heatShape(card, page, russian) {
    const titleOf = c => (page.titles || [])[c] || page.columns[c].replaceAll('_', ' ');
    const choice = add(card, 'div', undefined, 'choice screen'), buttons = [];
    const place = add(card, 'div');
    const parts = shapeParts({...page, chart: {...page.chart, series: 'currency'}});
    const draw = measure => {
        place.replaceChildren();
        for (const button of buttons)
            button.setAttribute('aria-pressed', button.dataset.measure === measure);
        for (const [name, rows] of parts) {
            add(place, 'h2', [name, say('monthsSince', russian)].filter(Boolean).join(' · '));
            heatTable(place, {...page, titleOf}, rows, measure, russian);
        }
    };
    for (const measure of page.chart.measures) {
        const button = add(choice, 'button', titleOf(page.columns.indexOf(measure)));
        button.type = 'button';
        button.dataset.measure = measure;
        button.addEventListener('click', () => draw(measure));
        buttons.push(button);
    }
    draw(page.chart.measures[0]);
}

const shapes = {
    funnel: funnelShape,
    share: shareShape,
    heat: heatShape
};
// Whether the report's chart is a shape of these; then it is drawn.
function reportShape(main, page, russian) {
    const draw = shapes[page.chart.type];
    if (!draw) return false;
    if (page.rows.length) draw(add(main, 'section', undefined, 'card shapes'), page, russian);
    return true;
}
