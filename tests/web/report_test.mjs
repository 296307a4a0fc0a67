// The HTML report in a real Chromium: charts are drawn, nothing overflows, nothing is asked of
// another host, names are text.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {pathToFileURL} from 'node:url';

import {colours, database, environment, gcmirror, latinOf, latinWords, launch, psql, sidewaysOverflow, temporary, testData, watchedPage, workbookTexts} from './support.mjs';

const hostile = `<img src=x onerror=alert(1)></script><script>alert(2)</script>`;
let school, browser, folder;

before(async () => {
    school = database();
    folder = temporary('reports');
    writeFileSync(join(folder, 'school.sql'), testData('reports/school.sql'));
    psql(school.url, '-f', join(folder, 'school.sql'));
    psql(school.url, '-c', `UPDATE mirror.deals SET content = $$${hostile}$$ WHERE id = 104`);
    gcmirror(school.url, ['report', 'all', '--out', folder, '--lang', 'ru']);
    browser = await launch();
});
after(async () => {
    await browser?.close();
    school?.drop();
});

async function open(name, options) {
    const watched = await watchedPage(browser, options, 'file:');
    await watched.page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    return watched;
}

for (const width of [1280, 400])
    for (const colorScheme of ['light', 'dark'])
        test(
            `the revenue page shows its chart and table at ${width} pixels, ${colorScheme}`,
            async () => {
                const {page, wrong, close} =
                    await open('revenue_by_day', {viewport: {width, height: 900}, colorScheme});
                assert.equal(
                    await page.locator('h1').textContent(),
                    'Сколько денег пришло по дням, неделям, месяцам?');
                const charts = await page.locator('canvas').all();
                assert.equal(charts.length, 2, 'one chart per currency');
                for (const chart of charts)
                    assert.ok(await colours(chart) > 3, 'the chart is empty');
                assert.match(await page.locator('table').innerText(), /10\s000,00/);
                assert.ok(await sidewaysOverflow(page) <= 0, 'the page is wider than the window');
                assert.deepEqual(wrong, []);
                await close();
            });

// What this test's school has written.
const ours = /^(BYN|School|example|vk|cpc|email|spring|yandex|ZIMA)$/;

test(
    'every Russian page of the morning pack opens without an error or Latin words but names and codes, and those with rows and a chart draw it',
    async () => {
        const {page, wrong, close} = await open('index', {viewport: {width: 1280, height: 900}});
        const links = await page.locator('ul.index li > a:first-child')
                          .evaluateAll(all => all.map(link => link.href));
        assert.ok(links.length > 35);
        let drawn = 0;
        const foreign = async () => (await latinWords(page)).filter(each => !ours.test(each));
        wrong.push(...(await foreign()).map(word => `the index: Latin "${word}"`));
        for (const link of links) {
            await page.goto(link);
            wrong.push(...(await foreign()).map(word => `${link}: Latin "${word}"`));
            assert.ok(await sidewaysOverflow(page) <= 0, link);
            for (const chart of await page.locator('canvas').all()) {
                assert.ok(await colours(chart) > 2, `the chart of ${link} is empty`);
                ++drawn;
            }
        }
        assert.ok(drawn >= 25, `only ${drawn} charts were drawn`);
        assert.deepEqual([...new Set(wrong)], []);
        await close();
    });

test('a title with markup in it is shown as text', async () => {
    const {page, wrong, close} = await open('products', {viewport: {width: 1280, height: 900}});
    assert.ok((await page.locator('table').innerText()).includes(hostile));
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(wrong, []);
    await close();
});

test('a report without rows says so', async () => {
    writeFileSync(
        join(folder, 'none.html'), gcmirror(school.url, [
            'report', 'conversion', '--format', 'html', '--from', '1999-01-01', '--to', '1999-01-31'
        ]));
    const {page, wrong, close} = await open('none', {viewport: {width: 400, height: 900}});
    assert.match(
        await page.locator('main').innerText(), /no orders between 1999-01-01 and 1999-01-31/);
    assert.deepEqual(wrong, []);
    await close();
});

test('the Russian workbook has no Latin words but names and codes', () => {
    const wrong = [], file = join(folder, 'all.xlsx');
    gcmirror(school.url, ['report', 'all', '--format', 'xlsx', '--out', file, '--lang', 'ru']);
    let cells = 0;
    for (const [sheet, cell, text] of workbookTexts(file)) {
        // below the heads stands what the school has written
        if (!/^[A-Z]+1$/.test(cell) && sheet !== 'Содержание') continue;
        ++cells;
        for (const word of latinOf(`${sheet} ${text}`).filter(each => !ours.test(each)))
            wrong.push(`${sheet} ${cell}: Latin "${word}"`);
    }
    assert.ok(cells > 300, `only ${cells} cells were looked at`);
    assert.deepEqual([...new Set(wrong)], []);
});

test('a workbook is refused to a terminal with advice, and written to a pipe', () => {
    const asked = `${process.env.GCMIRROR_PROGRAM} report products --format xlsx`;
    // script(1) gives the command a terminal of its own
    const {status, stdout} = spawnSync(
        'script', ['-qec', asked, '/dev/null'], {encoding: 'latin1', env: environment(school.url)});
    assert.equal(status, 2);
    assert.match(stdout, /a workbook is no text for a terminal[^]*--out products\.xlsx/);
    assert.doesNotMatch(stdout, /PK\x03\x04/);
    const piped = spawnSync('sh', ['-c', `${asked} | head -c 4`], {env: environment(school.url)});
    assert.equal(piped.stdout.toString('latin1'), 'PK\x03\x04');
});

test('the key of a share chart says each part to the kopeck, as the table does', async () => {
    psql(school.url, '-c', 'UPDATE mirror.deals SET paid_amount = 4000.49 WHERE id = 102');
    writeFileSync(
        join(folder, 'shares.html'),
        gcmirror(school.url, ['report', 'payment_systems', '--format', 'html', '--lang', 'ru']));
    const {page, wrong, close} = await open('shares', {viewport: {width: 1280, height: 900}});
    const said = await page.locator('.keys li span:last-of-type').allTextContents();
    const cells = await page.locator('tbody td.number').allTextContents();
    assert.ok(said.some(text => /,49$/.test(text)), `${said}`);
    for (const text of said) assert.ok(cells.includes(text), `${text} is not in the table`);
    assert.deepEqual(wrong, []);
    await close();
});
