// What charts draw, read from the charts themselves in a real Chromium: every day, what a gap
// means, the newest, the largest and the others, and which buckets are not whole.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {pathToFileURL} from 'node:url';

import {database, gcmirror, launch, psql, temporary, testData, watchedPage} from './support.mjs';

let school, browser, folder;

before(async () => {
    school = database();
    folder = temporary('charts');
    writeFileSync(join(folder, 'school.sql'), testData('reports/school.sql'));
    psql(school.url, '-f', join(folder, 'school.sql'));
    // 30 products, the later the cheaper, one a month from October 2023 on.
    psql(
        school.url, '-c',
        `INSERT INTO mirror.deals (id, number, user_id, content, created_at, paid_at, status_code, cost, paid_amount, currency, row_hash, run_id, export_id, valid_from)
        SELECT 5000 + n, 'T' || n, 3, 'Товар ' || n, m, m, 'payed', 100000 - n, 100000 - n, 'RUB', 0, r.id, (SELECT min(id) FROM journal.export), '2026-03-01Z'
        FROM (SELECT n, '2023-10-10 09:00Z'::timestamptz + n * interval '1 month' AS m FROM generate_series(0, 29) n) t, journal.run r;
        INSERT INTO mirror.payments (number, deal_number, created_at, status_code, amount, fee, currency, row_hash, run_id, export_id, valid_from)
        SELECT 'T' || id, number, created_at, 'accepted', paid_amount, 0, 'RUB', 0, run_id, export_id, valid_from FROM mirror.deals WHERE id >= 5000`);
    browser = await launch();
});
after(async () => {
    await browser?.close();
    school?.drop();
});

// The charts of a report as they stand on its page: labels, and what each dataset draws.
async function charts(name, ...options) {
    const file = join(folder, 'one.html');
    writeFileSync(file, gcmirror(school.url, ['report', name, '--format', 'html', ...options]));
    const {page, wrong, close} =
        await watchedPage(browser, {viewport: {width: 1280, height: 900}}, 'file:');
    await page.goto(pathToFileURL(file).href);
    const found = await page.evaluate(() => [...document.querySelectorAll('canvas')].map(canvas => {
        /* global Chart */
        const chart = Chart.getChart(canvas);
        return {
            labels: chart.data.labels,
            sets: chart.data.datasets.map(
                (set, i) => ({
                    label: set.label,
                    data: set.data,
                    tension: set.tension,
                    axis: set.yAxisID,
                    hatched: [set.backgroundColor].flat().map(is => typeof is !== 'string'),
                    joined: set.data.slice(1).map((_, at) => {
                        const style =
                            set.segment.borderColor({p0DataIndex: at, p1DataIndex: at + 1});
                        return style !== 'transparent' && chart.getDatasetMeta(i) !== null;
                    })
                }))
        };
    }));
    const text = await page.locator('main').innerText();
    assert.deepEqual(wrong, []);
    await close();
    return {found, text};
}
const roubles = found => found.find(chart => chart.sets.some(set => set.label.includes('RUB')));
const size = (found, name) => found[0].sets.find(set => set.label.includes(name));

test('days are an axis with every day of the range, and a day without money is zero', async () => {
    const {found} =
        await charts('revenue_by_day', '--from', '2026-03-01', '--to', '2026-03-31', '--by', 'day');
    const chart = roubles(found), net = chart.sets.find(set => set.label.includes('net'));
    assert.equal(chart.labels.length, 31);
    assert.deepEqual([chart.labels[0], chart.labels[30]], ['2026-03-01', '2026-03-31']);
    assert.equal(net.data[0], 4000);
    assert.equal(net.data[1], 0);
    assert.ok(
        found.every(each => each.sets.every(set => set.tension === 0)), 'nothing is smoothed');
});

test('a group keeps its size on days without a change', async () => {
    const {found} =
        await charts('group_growth', '--from', '2026-02-01', '--to', '2026-02-20', '--by', 'day');
    const set = size(found, 'Урок 01');
    assert.equal(found[0].labels.length, 20);
    const joined = found[0].labels.indexOf('2026-02-02');
    assert.ok(set.data[joined] > 0);
    assert.ok(set.data.slice(joined).every(value => value === set.data[joined]), String(set.data));
});

test('cohorts are a heat map: a month without buyers is zero, one to come is empty', async () => {
    const file = join(folder, 'cohorts.html');
    writeFileSync(
        file,
        gcmirror(school.url, ['report', 'cohorts', '--format', 'html', '--from', '2025-12-01']));
    const {page, wrong, close} =
        await watchedPage(browser, {viewport: {width: 1280, height: 900}}, 'file:');
    await page.goto(pathToFileURL(file).href);
    const of = async month => (await page.locator('table.heat tr', {hasText: month})
                                   .first()
                                   .locator('td')
                                   .allInnerTexts())
                                  .slice(1, 4);
    assert.deepEqual(await of ('2026-03'), ['100.0', '', '']);
    assert.deepEqual(await of ('2026-01'), ['100.0', '0.0', '100.0']);
    const deep = await page.locator('table.heat td')
                     .evaluateAll(
                         cells => cells.map(
                             cell => [cell.textContent, cell.style.getPropertyValue('--share')]));
    assert.ok(deep.some(([text, share]) => text === '100.0' && share === '100'));
    assert.ok(deep.every(([text, share]) => text !== '0.0' || share === '0'));
    await page.locator('[data-measure=ltv]').click();
    assert.match((await of ('2026-01'))[0], /^[\d\u00a0]+\.\d\d$/);
    assert.deepEqual(wrong, []);
    await close();
});

test('bars over time show the newest, and how many earlier ones are in the table', async () => {
    const {found, text} = await charts('money_after_fees');
    const chart = roubles(found);
    assert.equal(chart.labels.length, 24);
    assert.match(chart.labels[23], /^2026-03-01/);
    assert.match(text, /6 earlier are in the table/);
});

test('bars over categories are sorted by the measure, and the others are one bar', async () => {
    const {found} = await charts('products', '--from', '2023-01-01', '--to', '2026-02-28');
    const chart = roubles(found), net = chart.sets[0].data;
    assert.equal(chart.labels.length, 24);
    assert.equal(chart.labels[0], 'Товар 0');
    assert.match(chart.labels[23], /^others \(\d+\)$/);
    assert.deepEqual(net.slice(0, 23), [...net.slice(0, 23)].sort((a, b) => b - a));
    const sum = psql(
        school.url, '-c',
        `SELECT sum(net) FROM report.sales_by_product WHERE currency = 'RUB' AND day <= '2026-02-28'`);
    assert.equal(net.reduce((a, b) => a + b, 0), Number(sum));
});

test('ages keep their order, and a percentage has its own axis', async () => {
    const {found} = await charts('ages');
    const bands = found[0].labels.filter(label => /^\d/.test(label));
    assert.deepEqual(bands, [...bands].sort());
    const conversion = (await charts('conversion')).found[0];
    assert.equal(conversion.sets.find(set => set.label.includes('paid, %')).axis, 'percent');
});

test(
    'a bucket that the range cuts is hatched, named with its days, and no line goes to it',
    async () => {
        const bars = await charts('money_after_fees', '--from', '2025-12-27', '--to', '2026-03-31');
        const chart = roubles(bars.found);
        assert.equal(chart.labels[0], '2025-12-01 (27–31.12)');
        assert.equal(chart.sets[0].hatched[0], true);
        assert.equal(chart.sets[0].hatched[1], false);
        const lines = await charts(
            'revenue_by_day', '--from', '2025-12-27', '--to', '2026-03-10', '--by', 'month');
        const line = roubles(lines.found);
        assert.deepEqual(line.sets[0].joined, [false, true, false]);
        assert.match(lines.text, /2026-03-01 \(01–10\.03\)/);
        assert.match(lines.text, /2025-12-01 holds only 27–31\.12/);
    });
