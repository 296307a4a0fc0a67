// The dashboard in a real Chromium: during a live night, after a failed one, in both languages and
// widths; names are text.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {answers, colours, database, endAll, freePort, launch, psql, sidewaysOverflow, simulate, start, temporary, until, watchedPage} from './support.mjs';

const hostile = `<img src=x onerror=alert(1)></script><script>alert(2)</script>`;
let school, browser, folder, base, settings, service;

before(async () => {
    school = database();
    folder = temporary('dashboard');
    settings = await simulate(
        school.url, folder, ['--users', '400', '--deals', '900', '--build-median', '1500ms']);
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    service = start(school.url, ['serve'], {
        ...settings,
        GCMIRROR_SERVE_LISTEN: `127.0.0.1:${port}`,
        GCMIRROR_PACING_FIRST_POLL: '300ms',
        GCMIRROR_BUDGET_LIMIT: '1000',
        GCMIRROR_SCHEDULE_SYNC: '0 4 1 1 *'
    });
    await answers(base, '/readyz');
    await until(
        'leading', async () => (await (await fetch(`${base}/readyz`)).text()).includes('leading'));
    browser = await launch();
});
after(() => endAll(school, browser));

async function open(hash, options = {}) {
    const watched = await watchedPage(
        browser, {viewport: {width: 1280, height: 900}, locale: 'en-US', ...options}, base);
    await watched.page.goto(`${base}/${hash}`);
    await watched.page.waitForSelector('main[data-ready]');
    return watched;
}

// Not page.waitForFunction: it needs eval, which the page's policy forbids.
const holds = (page, predicate, argument) =>
    until(predicate.toString(), () => page.evaluate(predicate, argument));

test(
    'a fresh install is neutral and says what the first sync costs, and a sync begun on the page is seen live to its end',
    async () => {
        const {page, wrong, close} = await open('#/');
        await page.waitForSelector('#trust');
        assert.match(
            await page.locator('#trust').innerText(),
            /Not mirrored yet\.\s+requests: \d+, about \d+ (s|min) · next night 01\/01\/2/);
        assert.equal(await page.locator('.trust.red, .badge.red, main li').count(), 0);
        assert.equal(
            (await page.request.get(`${base}/api/overview`).then(r => r.json())).data.alerts, null,
            'nobody is alarmed');
        assert.equal(await page.getByRole('button', {name: 'Stop the run'}).isDisabled(), true);
        await page.getByRole('button', {name: 'Start now'}).click();
        await page.waitForSelector('#doing');
        assert.match(
            await page.locator('#doing').innerText(), /now: (payments|deals|users|fields|groups)/);
        assert.ok(
            await page.locator('.track i').count() > 0, 'the time line is drawn while it runs');
        assert.equal(await page.getByRole('button', {name: 'Start now'}).isDisabled(), true);
        await page.waitForSelector('#trust.green, #trust.amber', {timeout: 60000});
        // The tables are published a moment before the run has ended.
        await holds(page, () => /run 1\s+done/.test(document.body.innerText));
        assert.match(
            await page.locator('[role=meter]').getAttribute('aria-valuenow'), /^[1-9]\d*$/);
        assert.deepEqual(wrong, []);
        await close();
    });

for (const [locale, word, width, colorScheme] of [
         ['en-US', 'Yes. The numbers are fresh and add up.', 1280, 'light'],
         ['ru-RU', 'Да. Числа свежие и сходятся.', 400, 'dark'],
         ['ru-RU', 'Да. Числа свежие и сходятся.', 1280, 'dark'],
         ['en-US', 'Yes. The numbers are fresh and add up.', 400, 'light']])
    test(`every page opens in ${locale} at ${width} pixels, ${colorScheme}`, async () => {
        const {page, wrong, close} =
            await open('#/state', {locale, colorScheme, viewport: {width, height: 900}});
        await page.waitForSelector('#trust');
        assert.equal(await page.locator('#trust h1').innerText(), word);
        for (const hash
                 of ['#/', '#/state', '#/runs', '#/run/1', '#/rejects', '#/fields', '#/reports',
                     '#/report/revenue_by_day', '#/rows/revenue_by_day', '#/push']) {
            await page.goto(`${base}/${hash}`);
            await holds(
                page,
                name => document.querySelector('main').dataset.ready &&
                    document.querySelector('main').innerText.length > 10 &&
                    !document.querySelector('[role=alert]'),
                hash);
            assert.ok(await sidewaysOverflow(page) <= 0, `${hash} is wider than the window`);
        }
        assert.deepEqual(wrong, []);
        await close();
    });

test('a report draws its chart from the mirror and takes a range', async () => {
    const {page, wrong, close} = await open('#/report/revenue_by_day?from=');
    await page.waitForSelector('canvas');
    assert.ok(await colours(page.locator('canvas').first()) > 3, 'the chart is empty');
    await page.locator('select[name=by]').selectOption('month');
    await page.getByRole('button', {name: 'Show'}).click();
    await holds(
        page,
        () => location.hash.includes('by=month') &&
            document.querySelector('tbody th')?.textContent.endsWith('-01'));
    assert.deepEqual(wrong, []);
    await close();
});

test(
    'a report has the controls it answers to, opens with whole weeks, and marks the one that is not over',
    async () => {
        const {page, wrong, close} = await open('#/report/groups');
        await holds(
            page, () => /The state now: this report has no range/.test(document.body.innerText));
        assert.equal(await page.getByLabel('from', {exact: true}).count(), 0);
        await page.goto(`${base}/#/report/products`);
        await holds(page, () => document.querySelector('h1')?.textContent === 'What sells?');
        assert.equal(await page.locator('select[name=by]').count(), 0);
        assert.match(await page.locator('main').innerText(), /_before: \d{4}-\d\d-\d\d to/);
        await page.goto(`${base}/#/report/revenue_by_day`);
        await holds(
            page,
            () => document.querySelector('main h1')?.textContent.startsWith('How much money'));
        const from = await page.getByLabel('from', {exact: true}).inputValue();
        assert.equal(new Date(`${from}T00:00:00Z`).getUTCDay(), 1, `${from} is no Monday`);
        assert.match(await page.locator('main').innerText(), /by week/);
        assert.deepEqual(wrong, []);
        await close();
    });

test('a run\'s page explains each request', async () => {
    const {page, close} = await open('#/run/1');
    const text = await page.locator('main').innerText();
    assert.match(text, /GET \/pl\/api\/account\/exports\//);
    assert.match(text, /growing gap|learned/);
    assert.ok(!text.includes(settings.GETCOURSE_KEY), 'the key is nowhere');
    await close();
});

test('hostile names from web forms are shown as text', async () => {
    psql(
        school.url, '-c',
        `INSERT INTO journal.reject (run_id, export_id, table_name, row_no, row_key, heading, raw, reason) SELECT 1, min(id), 'users', 1, '7', $$${
            hostile}$$, $$${hostile}$$, 'not a date' FROM journal.export;
        UPDATE mirror.custom_fields SET title = $$${
            hostile}$$ WHERE id = (SELECT min(id) FROM mirror.custom_fields); UPDATE mirror.deals SET content = $$${
            hostile}$$, manager = $$${hostile}$$;
        INSERT INTO outbox.plan (name, source, object, mode, made_by, expires_at) VALUES ($$${
            hostile}$$, 'csv', 'users', 'update', $$${
            hostile}$$, now()); INSERT INTO outbox.change (plan_id, wanted, key, differences, state) VALUES (1, '{}', $$${
            hostile}$$, jsonb_build_array(jsonb_build_object('field', $$${
            hostile}$$, 'old', '', 'new', 'x', 'where', '')), 'planned')`);
    const {page, wrong, close} = await open('#/');
    for (const hash
             of ['#/rejects', '#/fields', '#/push', '#/push/1',
                 '#/report/products?from=', '#/report/managers?from=']) {
        await page.goto(`${base}/${hash}`);
        await holds(
            page, text => document.querySelector('main').textContent.includes(text), hostile);
        assert.equal(await page.locator('main img, main script').count(), 0, hash);
    }
    assert.deepEqual(wrong, []);
    await close();
});

test(
    'after a failed night the page says so, in words, and by the keyboard one gets everywhere',
    async () => {
        psql(
            school.url, '-c',
            'INSERT INTO journal.run (job, state, finished_at, exit_code, reason) VALUES (\'sync\', \'failed\', clock_timestamp(), 5, \'the service refuses the key\')');
        const {page, wrong, close} = await open('#/state', {locale: 'ru-RU'});
        await page.waitForSelector('#trust.amber');
        assert.match(
            await page.locator('#trust').innerText(),
            /запуск 2 не удался: the service refuses the key/);
        await page.keyboard.press('Tab');  // skip link, brand, then the pages
        await page.keyboard.press('Tab');
        await page.keyboard.press('Tab');
        await page.keyboard.press('Tab');
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Запуски');
        await page.keyboard.press('Enter');
        await holds(page, () => document.querySelector('main').dataset.ready === 'runs');
        assert.match(await page.locator('tbody tr').first().innerText(), /ошибка/);
        await page.getByRole('button', {name: 'English'}).click();
        await holds(
            page,
            () => document.documentElement.lang === 'en' &&
                document.querySelector('h1')?.textContent === 'Runs');
        assert.deepEqual(wrong, []);
        await close();
    });

test('a page that fails is asked less and less often, one that is refused not again', async () => {
    const {page, close} = await watchedPage(browser, {locale: 'en-US'}, base);
    await page.clock.install();
    let asked = 0, status = 503;
    await page.route('**/api/runs', route => {
        ++asked;
        const error = status === 400 ? 'no such run' : 'the database is away';
        return route.fulfill({status, json: {error}});
    });
    await page.goto(`${base}/#/runs`);
    await page.waitForSelector('[role=alert]');
    for (let seconds = 0; seconds < 1800; seconds += 5) {
        const before = asked;
        await page.clock.runFor(5000);
        await page.evaluate(() => 0);
        if (asked > before) await page.waitForSelector('main[data-ready=error]');
    }
    assert.ok(asked >= 6 && asked <= 14, `asked ${asked} times in half an hour`);
    status = 400;
    asked = 0;
    await page.evaluate(() => {
        location.hash = '#/runs?again';
    });
    await until(
        'the refusal',
        async () => asked === 1 && /no such run/.test(await page.locator('main').innerText()));
    await page.clock.runFor(1000);
    const before = asked;
    await page.clock.runFor(600000);
    assert.equal(asked, before, 'a refused page was asked again');
    await page.unrouteAll();
    await page.evaluate(() => {
        location.hash = '#/runs';
    });
    await page.waitForSelector('main[data-ready=runs]');
    await close();
});

test('when the service is gone the page says that too', async () => {
    const {page, close} = await open('#/');
    service.kill('SIGTERM');
    await new Promise(done => service.on('exit', done));
    await page.evaluate(() => {
        location.hash = '#/runs';
    });
    await page.waitForSelector('[role=alert]');
    assert.match(await page.locator('[role=alert]').innerText(), /does not answer/);
    assert.equal(service.exitCode, 0, service.said);
    await close();
});
