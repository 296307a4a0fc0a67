// Write-back as people do it: a segment's plan is seen and approved on the dashboard in Chromium,
// and watched while a process of its own, which alone has the key that may write, sends it.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {answers, database, endAll, environment, freePort, gcmirror, launch, psql, sidewaysOverflow, simulate, start as startProgram, temporary, until, watchedPage} from './support.mjs';

const key = 'simulator-write-key', password = 'annas-password-1', token = 'token-of-the-dashboard';
let school, browser, folder, base, settings, service;

const start = (args, more) => startProgram(school.url, args, more);
const run = (args, more) => gcmirror(school.url, args, {...settings, ...more});

before(async () => {
    school = database();
    folder = temporary('push');
    settings = await simulate(
        school.url, folder, ['--users', '60', '--deals', '100', '--build-median', '20ms']);
    delete settings.GETCOURSE_WRITE_KEY;
    writeFileSync(
        join(folder, 'cities.sql'),
        `-- Cities\n-- mode: update\nSELECT email, 'Великий <b>Устюг</b>' AS city FROM mirror.users WHERE email <> '' ORDER BY id LIMIT 12\n`);
    writeFileSync(join(folder, 'token'), `${token}\n`, {mode: 0o600});
    writeFileSync(join(folder, 'approvers'), `# who may\nAnna ${password}\n`, {mode: 0o600});
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    Object.assign(settings, {
        GCMIRROR_PACING_FIRST_POLL: '50ms',
        GCMIRROR_BUDGET_LIMIT: '1000',
        GCMIRROR_SCHEDULE_SYNC: '0 4 1 1 *',
        GCMIRROR_WRITE_BACK_DIR: folder,
        GCMIRROR_WRITE_BACK_FOUR_EYES: 'true',
        GCMIRROR_SERVE_LISTEN: `127.0.0.1:${port}`,
        GCMIRROR_SERVE_TOKEN_FILE: join(folder, 'token'),
        GCMIRROR_SERVE_APPROVERS_FILE: join(folder, 'approvers')
    });
    run(['sync']);
    run(['segment', 'add', 'cities', 'cities']);
    assert.match(run(['segment', 'run', 'cities']), /12 to send: plan 1/);
    service = start(['serve'], settings);
    await answers(base, '/readyz', {headers: {Authorization: `Bearer ${token}`}});
    browser = await launch();
});
after(() => endAll(school, browser));

const text = page => page.locator('main').innerText();

test('the dashboard does not start where its process could read the key that may write', () => {
    const refused = spawnSync(
        process.env.GCMIRROR_PROGRAM, ['serve'],
        {env: environment(school.url, {...settings, GETCOURSE_WRITE_KEY: key}), encoding: 'utf8'});
    assert.equal(refused.status, 2);
    assert.match(
        refused.stderr, /its process can read the key that may write: GETCOURSE_WRITE_KEY/);
    assert.ok(!refused.stderr.includes(key), refused.stderr);
    const held = readFileSync(`/proc/${service.pid}/environ`, 'utf8');
    assert.ok(held.includes('GETCOURSE_KEY') && !held.includes(key));
});

test(
    'a plan is seen, approved by somebody who signs in, and watched until it is sent', async () => {
        const {page, wrong, close} = await watchedPage(
            browser, {viewport: {width: 1280, height: 900}, locale: 'ru-RU'}, base);
        await page.goto(`${base}/`);
        await page.locator('#token').fill(token);
        await page.locator('button.main').click();
        await page.waitForSelector('main[data-ready]');
        await page.goto(`${base}/#/push/1`);
        await page.waitForSelector('#plan');
        assert.match(await text(page), /План 1 · cities|план 1 · cities/);
        assert.match(await text(page), /city: .* → Великий <b>Устюг<\/b>/);
        assert.equal(await page.locator('main b').count(), 0, 'text, never markup');
        assert.equal(await page.getByRole('button', {name: /Утвердить/}).count(), 0);
        await page.getByRole('link', {name: 'Войти, чтобы утвердить'}).click();
        await page.locator('#name').fill('Anna');
        await page.locator('#password').fill(password);
        await page.locator('button.main').click();
        await page.waitForSelector('main[data-ready=push]');
        await page.goto(`${base}/#/push/1`);
        await page.getByRole('button', {name: 'Утвердить · Anna'}).click();
        await until('the approval', async () => /утверждён/.test(await text(page)));
        assert.match(await text(page), /Ждёт gcmirror push sender/);
        assert.equal(psql(school.url, '-c', 'SELECT count(*) FROM outbox.attempt').trim(), '0');

        const sender = start(['push', 'sender'], {
            ...settings,
            GCMIRROR_SERVE_APPROVERS_FILE: '',
            GCMIRROR_WRITE_BACK_GAP: '60ms',
            GETCOURSE_WRITE_KEY: key
        });
        const seen = new Set();
        await until('the end of the sending', async () => {
            const now = await page.locator('#plan [role=meter]').getAttribute('aria-valuenow');
            seen.add(now);
            return now === '12';
        });
        assert.ok(seen.size > 1, `watched: ${[...seen]}`);
        await until(
            'its run', async () => /отправка · .* · готово/.test(await text(page)));
        await until('the summary', () => /12 sent: 12 written/.test(sender.said));
        await page.getByRole('button', {name: 'English'}).click();
        await until('English', async () => /handled: 12 of 12/.test(await text(page)));
        await page.setViewportSize({width: 400, height: 900});
        assert.ok(await sidewaysOverflow(page) <= 0, 'wider than the window');
        assert.deepEqual(wrong, []);
        await close();
    });
