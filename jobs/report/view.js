// Charts and table of a report: shared by the report's own page and the dashboard. Everything is
// put in as text.
'use strict';
function add(parent, tag, text, cls) {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = text;
    if (cls) element.className = cls;
    parent.appendChild(element);
    return element;
}
const numeric = text => /^-?\d+(\.\d+)?$/.test(text);
// Digits in groups, by text: a figure is never rounded on its way to the eye.
function grouped(text, russian) {
    const [whole, cents] = text.split('.');
    return whole.replace(/\B(?=(\d{3})+$)/g, '\u00a0') +
        (cents === undefined ? '' : (russian ? ',' : '.') + cents);
}
const isDay = /^\d{4}-\d{2}-\d{2}$/;
// Every day, week or month between the first and the last, with or without a row: the step is the
// smallest between two.
function everyBucket(days) {
    const at = day => Date.parse(day + 'T00:00:00Z'),
          text = time => new Date(time).toISOString().slice(0, 10);
    if (days.length < 3) return days;
    const steps = days.slice(1).map((day, i) => Math.round((at(day) - at(days[i])) / 864e5));
    const step = Math.min(...steps);
    if (step === 0 || (step > 1 && step !== 7 && step < 28)) return days;
    const all = [];
    const next = day => {
        if (step < 28) return text(at(day) + step * 864e5);
        const date = new Date(at(day));
        return text(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
    };
    for (let day = days[0]; day <= days[days.length - 1] && all.length < 4000; day = next(day))
        all.push(day);
    return all;
}
// What stands where there is no row, by the report's word: zero, as before, or nothing.
function filled(values, labels, gap) {
    let before = null;
    const last = labels.findLastIndex(label => values.has(label));
    return labels.map((label, i) => {
        if (values.has(label)) before = values.get(label);
        return values.has(label) ? values.get(label) :
            gap === 'carry'      ? (i > last ? null : before) :
            gap === 'none'       ? null :
                                   0;
    });
}
// Series by series: at most eight, the largest; what is left out is said.
function drawn(page, currencies) {
    const at = name => page.columns.indexOf(name), x = at(page.chart.x),
          by = page.chart.series ? at(page.chart.series) : -1, money = at('currency');
    const rows = page.rows.filter(
        row => row[x] !== null && (currencies === null || money < 0 || row[money] === currencies));
    const labels = [], series = new Map();
    for (const row of rows) {
        if (!labels.includes(row[x])) labels.push(row[x]);
        for (const measure of page.chart.measures) {
            const name = [
                by >= 0 && page.chart.series !== 'currency' ? row[by] : null,
                page.chart.measures.length > 1 || by < 0 || page.chart.series === 'currency' ?
                    measure :
                    null
            ].filter(Boolean).join(': ');
            if (!series.has(name)) series.set(name, new Map());
            if (row[at(measure)] === null) continue;
            series.get(name).set(
                row[x], (series.get(name).get(row[x]) || 0) + Number(row[at(measure)]));
        }
    }
    const time = labels.length > 0 && labels.every(label => isDay.test(label));
    const most = page.chart.type === 'bar' ? 24 : Infinity;
    if (time || page.chart.type === 'line')
        labels.sort((a, b) => numeric(a) && numeric(b) ? a - b : a < b ? -1 : 1);
    if (time)
        labels.splice(0, labels.length, ...everyBucket(labels));
    else if (page.chart.type === 'bar' && !labels.every(numeric)) {
        const weight = label => [...series.values()].reduce(
            (sum, values) => sum + Math.abs(values.get(label) || 0), 0);
        labels.sort((a, b) => weight(b) - weight(a));
    }
    const shown = time ? labels.slice(-Math.min(most, labels.length)) : labels.slice(0, most);
    const total = values => [...values.values()].reduce((sum, value) => sum + Math.abs(value), 0);
    const kept = [...series.entries()].sort((a, b) => total(b[1]) - total(a[1])).slice(0, 8);
    return {
        labels: shown,
        time,
        left: labels.length - shown.length,
        hidden: series.size - kept.length,
        series: kept
    };
}
const short = text => innerWidth < 640 && text.length > 18 ? text.slice(0, 17) + '…' :
    text.length > 44                                       ? text.slice(0, 43) + '…' :
                                                             text;
const palette =
    ['#2f6fde', '#e08a1e', '#2a9d6f', '#c2456b', '#7b5cd6', '#16899c', '#8a7a1f', '#7a8598'];
function reportCharts(main, page, russian) {
    const say = (en, ru) => russian ? ru : en;
    if (!page.chart.type || page.rows.length === 0 || typeof Chart === 'undefined') return;
    const card = add(main, 'section', undefined, 'card');
    const style = getComputedStyle(document.documentElement),
          ink = style.getPropertyValue('--soft').trim(),
          line = style.getPropertyValue('--line').trim();
    const cut =
        new Map(Object.entries(page.cut || {}));  // buckets that hold only some of their days
    const money = page.columns.indexOf('currency');
    const currencies = money < 0 ? [null] :
                                   [...new Set(page.rows.map(row => row[money]))].filter(
                                       value => value !== null && value !== '');
    for (const currency of currencies.length ? currencies :
                                               [null]) {  // currencies are never drawn on one axis
        const picture = drawn(page, currency);
        if (picture.labels.length === 0) continue;
        const canvas = add(add(card, 'div', undefined, 'chart'), 'canvas');
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', page.title);
        const flat = page.chart.type === 'bar' && !numeric(picture.labels[0]) &&
            !/^\d{4}-/.test(picture.labels[0]);
        new Chart(canvas, {
            type: page.chart.type,
            data: {
                labels: picture.labels.map(
                    label => cut.has(label) ? label + ' (' + cut.get(label) + ')' : label),
                datasets: picture.series.map(
                    ([name, values], i) => ({
                        label: [currency, name].filter(Boolean).join(' · '),
                        data: filled(values, picture.labels, page.chart.gap),
                        backgroundColor: page.chart.type === 'bar' && cut.size ?
                            picture.labels.map(
                                label => cut.has(label) ? palette[i] + '55' : palette[i]) :
                            palette[i],
                        spanGaps: false,
                        segment: {
                            borderColor: part => cut.has(picture.labels[part.p0DataIndex]) ||
                                    cut.has(picture.labels[part.p1DataIndex]) ?
                                'transparent' :
                                undefined
                        },
                        borderColor: palette[i],
                        borderWidth: page.chart.type === 'line' ? 2 : 0,
                        pointRadius: picture.labels.length > 40 ? 0 : 2,
                        tension: 0
                    }))
            },
            options: {
                animation: false,
                locale: russian ? 'ru' : 'en',
                responsive: true,
                maintainAspectRatio: false,
                indexAxis: flat ? 'y' : 'x',
                plugins: {legend: {labels: {color: ink, boxWidth: 12}}},
                scales: {
                    x: {
                        ticks: {color: ink, maxRotation: 0, autoSkipPadding: 12},
                        grid: {color: line}
                    },
                    y: {
                        beginAtZero: true,
                        ticks: {
                            color: ink,
                            ...(flat ? {autoSkip: false, callback: i => short(picture.labels[i])} :
                                       {})
                        },
                        grid: {color: line}
                    }
                }
            }
        });
        const left = [
            picture.left > 0 ? say(picture.left + ' more are in the table',
                                   'ещё ' + picture.left + ' — в таблице') :
                               null,
            picture.hidden > 0 ? say(picture.hidden + ' smaller series are in the table',
                                     'ещё ' + picture.hidden + ' малых рядов — в таблице') :
                                 null
        ].filter(Boolean).join('; ');
        if (left) add(card, 'p', left, 'more');
    }
}
function reportTable(main, page, russian) {
    const say = (en, ru) => russian ? ru : en;
    if (page.rows.length === 0) return void add(main, 'p', page.nothing, 'card');
    const card = add(main, 'section', undefined, 'card scroll'), element = add(card, 'table');
    const right = page.columns.map(
        (_, c) => page.rows.some(row => row[c] !== null) &&
            page.rows.every(row => row[c] === null || numeric(row[c])) &&
            !/(_id|^phone|number)$/.test(page.columns[c]));
    const top = add(add(element, 'thead'), 'tr');
    page.columns.forEach(
        (name, c) => add(top, 'th', name.replaceAll('_', ' '), right[c] ? 'number' : '').scope =
            'col');
    const body = add(element, 'tbody'), most = 2000;
    for (const row of page.rows.slice(0, most)) {
        const line = add(body, 'tr');
        row.forEach(
            (cell, c) =>
                add(line, 'td',
                    cell === null ? '' :
                        right[c]  ? grouped(cell, russian) :
                                    cell,
                    right[c]                              ? 'number' :
                        cell !== null && cell.length > 24 ? 'text' :
                                                            ''));
    }
    if (page.rows.length > most)
        add(card, 'p',
            say('the first ' + most + ' of ' + page.rows.length + ' rows; the CSV has all',
                'первые ' + most + ' строк из ' + page.rows.length + '; все — в CSV'),
            'more');
}
