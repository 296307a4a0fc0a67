// The page of all schools in Chromium: the worst first, in both languages, both themes and three
// widths without findings of axe-core; from there to a school's own pages.
import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {answers, axe, database, endAll, freePort, launch, sidewaysOverflow, simulate, start, temporary, until, watchedPage} from './support.mjs';

let school, browser, folder, base, own;

before(async () => {
    school = database();
    folder = temporary('fleet');
    const settings = await simulate(
        school.url, folder, ['--users', '40', '--deals', '60', '--build-median', '20ms']);
    const [page, dashboard] = [await freePort(), await freePort()];
    base = `http://127.0.0.1:${page}`;
    own = `http://127.0.0.1:${dashboard}`;
    mkdirSync(join(folder, 'schools'));
    const write = (name, text) => writeFileSync(join(folder, name), text, {mode: 0o600});
    write('fleet.toml', `[fleet]\nschools = "schools"\nlisten = "127.0.0.1:${page}"\n`);
    write('schools/key', `${settings.GETCOURSE_KEY}\n`);
    write(
        'schools/north.toml',
        `[getcourse]\nurl = "${settings.GCMIRROR_GETCOURSE_URL}"
ca_file = "${settings.GCMIRROR_GETCOURSE_CA_FILE}"\nkey_file = "key"
[database]\ndata_dir = "${join(folder, 'data')}"\nurl = "${
            school.url}"\n[pacing]\nfirst_poll = "50ms"
[serve]\nlisten = "127.0.0.1:${dashboard}"\n`);
    write('schools/south.toml', `[getcourse]\naccount = "south"\nkey_file = "key"
[database]\nurl = "postgresql://127.0.0.1:1/south"\n[serve]\nlisten = ""\n`);
    write('schools/anna.toml', '[getcourse]\naccount = "<b>anna</b>"\n');
    start(
        school.url, ['--config', join(folder, 'fleet.toml'), 'serve', '--fleet', '--now'],
        {GCMIRROR_CONFIG: '', GCMIRROR_DATABASE_URL: '', GETCOURSE_ACCOUNT: ''});
    await answers(base, '/healthz');
    browser = await launch();
});
after(() => endAll(school, browser));

// All rules, or those that a theme or a width may break.
const ofLooks = ['color-contrast', 'scrollable-region-focusable', 'target-size'];
const findings = (page, rules) => page.evaluate(async only => {
    /* global axe */
    const found = await axe.run(
        document, only ? {runOnly: {type: 'rule', values: only}} : {resultTypes: ['violations']});
    return found.violations.flatMap(
        rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}`));
}, rules);

test('all schools stand on one page, the worst first, and lead to their own pages', async () => {
    const {page, wrong, close} = await watchedPage(
        browser, {viewport: {width: 1280, height: 900}, locale: 'en-GB'}, 'http://127.0.0.1:');
    await page.addInitScript(axe());
    await page.goto(`${base}/`);
    await page.waitForSelector('main[data-ready=fleet]');
    const row = name => page.locator(`tr[data-school=${name}]`);
    await until(
        'the first night', async () => await row('north').getAttribute('data-trouble') === 'green');
    await until(
        'the other looks',
        async () => await row('south').getAttribute('data-trouble') === 'unreachable');
    assert.deepEqual(
        await page.locator('tbody tr').evaluateAll(rows => rows.map(one => one.dataset.school)),
        ['anna', 'south', 'north']);
    assert.match(await page.locator('#answer').innerText(), /need a hand: 2 of 3/);
    assert.match(
        await page.locator('#answer').innerText(),
        /1 of 3 schools: their databases do not answer \(south\)/);
    assert.equal(await page.locator('main b').count(), 0, 'text, never markup');
    assert.equal(await row('north').locator('.nights span').count(), 1);
    for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({colorScheme});
        for (const language of ['Русский', 'English']) {
            await page.getByRole('button', {name: language}).click();
            await until(
                'the other language',
                async () => language === 'English' ?
                    /Numbers/.test(await page.locator('thead').innerText()) :
                    /Верить/.test(await page.locator('thead').innerText()));
            for (const width of [400, 768, 1280]) {
                await page.setViewportSize({width, height: 900});
                const all = width === 1280 && colorScheme === 'light';
                assert.deepEqual(
                    await findings(page, all ? null : ofLooks), [],
                    `${language} ${colorScheme} ${width}`);
                assert.ok(await sidewaysOverflow(page) <= 0, `wider than ${width}`);
            }
        }
    }
    await row('north').getByRole('link', {name: 'north'}).click();
    await page.waitForURL(`${own}/`);
    await page.waitForSelector('main[data-ready=home]');
    assert.deepEqual(wrong, []);
    await close();
});

test('a page of another name and an action are refused', async () => {
    const foreign = await fetch(`${base}/api/fleet`, {method: 'POST'});
    assert.equal(foreign.status, 405);
    assert.equal((await fetch(`${base}/nothing`)).status, 404);
    assert.equal((await fetch(`${base}/app.js`)).status, 404);
    assert.match(
        await (await fetch(`${base}/metrics`)).text(),
        /gcmirror_fleet_school_up\{school="north"\} 1/);
});
