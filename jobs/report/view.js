// Charts of a report: shared by the report's own page and the dashboard. Everything is put in as
// text.
/* global reportShape */
'use strict';
function add(parent, tag, text, cls) {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = text;
    if (cls) element.className = cls;
    parent.appendChild(element);
    return element;
}
// What is typed somewhere else is no sentence: commands, tables, SQL.
function coded(parent, text) {
    const typed = /((?:INSERT|UPDATE) .*$|gcmirror [a-z]+(?: [a-z]+)?|report\.\w+)/s;
    text.split(typed).forEach((part, i) => {
        if (part) add(parent, i % 2 ? 'code' : 'span', part);
    });
}
const numeric = text => /^-?\d+(\.\d+)?$/.test(text);
// Digits in groups, by text: a figure is never rounded on its way to the eye.
function grouped(text, russian) {
    const [whole, cents] = text.split('.');
    return whole.replace(/\B(?=(\d{3})+$)/g, '\u00a0') +
        (cents === undefined ? '' : (russian ? ',' : '.') + cents);
}
// "26.11.2026 03:41" of "2026-11-26 03:41:07+03" for a Russian reader; whatever else stays.
function dayAsSaid(text, russian) {
    const day = russian && /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d:\d\d)\S*)?$/.exec(text);
    return day ? `${day[3]}.${day[2]}.${day[1]}${day[4] ? ' ' + day[4] : ''}` : text;
}
// A value of the report in the reader's words; days and moments as people write them.
function shownValue(page, c, cell, russian) {
    const said = ((page.shown || {})[page.columns[c]] || {})[cell];
    if (said !== undefined) return said;
    return dayAsSaid(cell, russian);
}
// "net" or "Course A: net" of a series, in the reader's words.
function seriesTitle(page, name, russian) {
    const by = page.columns.indexOf(page.chart.series);
    return name.split(': ')
        .map(part => {
            const measure = page.chart.measures.includes(part) ? page.columns.indexOf(part) : -1;
            return measure >= 0 ? (page.titles || [])[measure] || part :
                by >= 0         ? shownValue(page, by, part, russian) :
                                  part;
        })
        .join(': ');
}
const isDay = /^\d{4}-\d{2}-\d{2}$/;
// Every day, week or month of the report from the first to the last, with or without a row: those
// of the range, up to the state of the data.
function everyBucket(page, days) {
    const by = page.has_by ? page.by : page.bucket ? 'month' : 'day';
    const text = time => new Date(time).toISOString().slice(0, 10);
    const at = day => Date.parse(day + 'T00:00:00Z');
    const bucket = day => {
        const date = new Date(at(day));
        if (by === 'month') return text(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
        return by === 'week' ? text(at(day) - (date.getUTCDay() + 6) % 7 * 864e5) : day;
    };
    const next = day => {
        const date = new Date(at(day));
        return by === 'month' ? text(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)) :
                                text(at(day) + (by === 'week' ? 7 : 1) * 864e5);
    };
    const state = page.state.slice(0, 10), to = page.to && page.to < state ? page.to : state;
    let first = days[0], last = days[days.length - 1];
    if (page.has_range && page.from && bucket(page.from) < first) first = bucket(page.from);
    if (page.has_range && isDay.test(to) && bucket(to) > last) last = bucket(to);
    const all = [];
    for (let day = first; day <= last && all.length < 4000; day = next(day)) all.push(day);
    return all;
}
// What stands where there is no row, by the report's word: zero, as before, or nothing.
function filled(values, labels, gap, time) {
    let before = null;
    const last = labels.findLastIndex(label => values.has(label));
    return labels.map((label, i) => {
        if (values.has(label)) before = values.get(label);
        return values.has(label) ? values.get(label) :
            gap === 'carry'      ? (i > last && !time ? null : before) :
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
    const labels = [...new Set(rows.map(row => row[x]))], series = new Map();
    for (const row of rows) {
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
    arrange(page, labels, series, time);
    const total = values => [...values.values()].reduce((sum, value) => sum + Math.abs(value), 0);
    const kept = [...series.entries()].sort((a, b) => total(b[1]) - total(a[1])).slice(0, 8);
    const shown = page.chart.type === 'bar' ? most(labels, kept, time) : labels;
    return {
        labels: shown,
        time,
        left: labels.length - shown.filter(label => label !== others).length,
        hidden: series.size - kept.length,
        series: kept
    };
}
// Days on their axis; numbers in their order; categories by the measure, or as the report has them.
function arrange(page, labels, series, time) {
    const chart = page.chart;
    if (time) return void labels.splice(0, labels.length, ...everyBucket(page, labels.sort()));
    if (labels.every(numeric)) return void labels.sort((a, b) => a - b);
    if (chart.type === 'line') return void labels.sort();
    if (chart.order === 'rows') return;
    const first = chart.measures[0];
    const weight = label => [...series.entries()].reduce(
        (sum, [name, values]) =>
            chart.measures.length > 1 && name !== first && !name.endsWith(': ' + first) ?
            sum :
            sum + (values.get(label) || 0),
        0);
    labels.sort((a, b) => weight(b) - weight(a));
}
const others = '\u0000others';
// As many bars as can be read: over time the newest, of categories the largest and the sum of the
// others.
function most(labels, series, time) {
    const bars = 24;
    if (labels.length <= bars) return labels;
    if (time) return labels.slice(-bars);
    if (labels.every(numeric)) return labels.slice(0, bars);
    const rest = labels.slice(bars - 1);
    for (const [, values] of series)
        values.set(others, rest.reduce((sum, label) => sum + (values.get(label) || 0), 0));
    return [...labels.slice(0, bars - 1), others];
}
const short = text => innerWidth < 640 && text.length > 18 ? text.slice(0, 17) + '…' :
    text.length > 44                                       ? text.slice(0, 43) + '…' :
                                                             text;
const palette =
    ['#2f6fde', '#e08a1e', '#2a9d6f', '#c2456b', '#7b5cd6', '#16899c', '#8a7a1f', '#7a8598'];
// Hatched: what holds only a part of its days.
function hatched(canvas, colour) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const pen = tile.getContext('2d');
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    for (const shift of [-8, 0, 8]) {
        pen.beginPath();
        pen.moveTo(shift, 8);
        pen.lineTo(shift + 8, 0);
        pen.stroke();
    }
    return canvas.getContext('2d').createPattern(tile, 'repeat');
}
// One series: bars, or a line that stops before a bucket that is not whole.
function dataset(page, picture, cut, canvas, name, values, colour, currency) {
    const whole = picture.labels.map(label => !cut.has(label)),
          bar = page.chart.type === 'bar' && !/_percent$/.test(name);
    const usual = picture.labels.length > 40 ? 0 : 2;
    return {
        label: [currency, seriesTitle(page, name, document.documentElement.lang === 'ru')]
                   .filter(Boolean)
                   .join(' · '),
        type: page.chart.type,
        data: filled(values, picture.labels, page.chart.gap, picture.time),
        yAxisID: page.chart.measures.length > 1 && /_percent$/.test(name) ? 'percent' : undefined,
        backgroundColor: bar && cut.size ? whole.map(is => is ? colour : hatched(canvas, colour)) :
                                           colour,
        pointBackgroundColor: whole.map(is => is ? colour : 'transparent'),
        pointRadius: whole.map(is => is ? usual : 4),
        spanGaps: false,
        segment: {
            borderColor: part =>
                whole[part.p0DataIndex] && whole[part.p1DataIndex] ? undefined : 'transparent'
        },
        borderColor: colour,
        borderWidth: page.chart.type === 'line' ? 2 :
            cut.size                            ? 1 :
                                                  0,
        tension: 0
    };
}
function reportCharts(main, page, russian) {
    const either = (en, ru) => russian ? ru : en;
    if (reportShape(main, page, russian)) return;
    if (!page.chart.type || page.rows.length === 0 || typeof Chart === 'undefined') return;
    const card = add(main, 'section', undefined, 'card');
    const style = getComputedStyle(document.documentElement),
          ink = style.getPropertyValue('--soft').trim(),
          line = style.getPropertyValue('--line').trim();
    const cut =
        new Map(Object.entries(page.cut || {}));  // buckets that hold only some of their days
    const x = page.columns.indexOf(page.chart.x),
          shownX = label => shownValue(page, x, label, russian);
    const money = page.columns.indexOf('currency');
    const currencies = money < 0 ? [null] :
                                   [...new Set(page.rows.map(row => row[money]))].filter(
                                       value => value !== null && value !== '');
    for (const currency of currencies.length ? currencies :
                                               [null]) {  // currencies are never drawn on one axis
        const picture = drawn(page, currency);
        const empty =
            picture.series.every(([, values]) => [...values.values()].every(v => v === 0));
        if (picture.labels.length === 0 || (empty && currencies.length > 1)) continue;
        const canvas = add(add(card, 'div', undefined, 'chart'), 'canvas');
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', page.title);
        const flat = page.chart.type === 'bar' && !numeric(picture.labels[0]) &&
            !/^\d{4}-/.test(picture.labels[0]);
        new Chart(canvas, {
            type: page.chart.type,
            data: {
                labels: picture.labels.map(
                    label => cut.has(label) ? shownX(label) + ' (' + cut.get(label) + ')' :
                        label === others    ? say('others', russian) + ' (' + picture.left + ')' :
                                              shownX(label)),
                datasets: picture.series.map(
                    ([name, values], i) =>
                        dataset(page, picture, cut, canvas, name, values, palette[i], currency))
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
                            ...(flat ? {
                                autoSkip: false,
                                callback(value) { return short(this.getLabelForValue(value)); }
                            } :
                                       {})
                        },
                        grid: {color: line}
                    },
                    ...(page.chart.measures.length > 1 &&
                                page.chart.measures.some(name => /_percent$/.test(name)) ?
                            {
                                percent: {
                                    position: 'right',
                                    beginAtZero: true,
                                    ticks: {color: ink, callback: value => value + ' %'},
                                    grid: {display: false}
                                }
                            } :
                            {})
                }
            }
        });
        const left = [
            picture.left > 0 && !picture.labels.includes(others) ?
                either(
                    picture.left + (picture.time ? ' earlier' : ' more') + ' are in the table',
                    'ещё ' + picture.left + (picture.time ? ' более ранних' : '') +
                        ' — в таблице') :
                null,
            picture.hidden > 0 ? either(
                                     picture.hidden + ' smaller series are in the table',
                                     'ещё ' + picture.hidden + ' малых рядов — в таблице') :
                                 null
        ].filter(Boolean).join('; ');
        if (left) add(card, 'p', left, 'more');
    }
}
