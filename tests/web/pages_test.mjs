// Every page in both languages, both themes and three widths: axe-core finds nothing, nothing is
// cut, nothing is wider than the window; Latin words on Russian pages only from a list.
import assert from 'node:assert/strict';
import {copyFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {mirroredSchool, mostUsed} from './school.mjs';
import {axe, isoDays, latinWords, launch, readWorkbooks, sidewaysOverflow, until, watchedPage} from './support.mjs';

const hashes = [
    ...Object.values(mostUsed), '#/runs', '#/rejects', '#/fields', '#/push', '#/report/lessons',
    '#/report/data_quality', '#/report/funnels?from=', '#/report/conversion'
];
const widths = [400, 768, 1280], themes = ['light', 'dark'];
// the pages of all reports differ in their data alone, and a figure's in its language alone:
// without the variable each is looked at in one language (a report in one theme and width)
const everyReport = process.env.GCMIRROR_PAGES_ALL === '1';
let site, browser;

before(async () => {
    site = await mirroredSchool();
    browser = await launch();
});
after(async () => {
    await browser?.close();
    await site?.close();
});

// The rules that a width, and those that a theme may break; the others do not depend on a look. No
// colour depends on a width: what is seen at one between the outer ones is seen at one of these.
const ofWidths = ['scrollable-region-focusable', 'target-size'],
      ofThemes = ['color-contrast', 'link-in-text-block'];
const findings = (page, rules) => page.evaluate(async only => {
    /* global axe */
    const found = await axe.run(
        document, only ? {runOnly: {type: 'rule', values: only}} : {resultTypes: ['violations']});
    return found.violations.map(
        each => `${each.id}: ${
            each.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(' | ')}`);
}, rules);

// A long table is many rows of a kind: the first of them stand for all, so that a look takes no
// seconds.
const shorten = page => page.evaluate(() => {
    for (const body of document.querySelectorAll('tbody'))
        for (const row of [...body.rows].slice(5)) row.remove();
});

// Texts that end outside of their box where nothing can scroll to them.
const cutTexts = page => page.evaluate(() => {
    const cut = [];
    for (const element of document.querySelectorAll('main *, header *')) {
        const style = getComputedStyle(element);
        if (element.children.length || !element.textContent.trim()) continue;
        const box = element.closest('.sheet > div, .plain, .tools details > div');
        if (style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1)
            cut.push(element.textContent.slice(0, 60));
        const at = element.getBoundingClientRect();
        if (!box && at.width && (at.right > innerWidth + 1 || at.left < -1) &&
            !element.closest('.skip'))
            cut.push(`outside: ${element.textContent.slice(0, 60)}`);
    }
    return cut;
});

// What is wrong with the page as it stands, in words.
async function look(page, where, russian) {
    const wrong = [];
    if (await sidewaysOverflow(page) > 0) wrong.push(`${where}: wider than the window`);
    for (const text of await cutTexts(page)) wrong.push(`${where}: cut "${text}"`);
    if (russian)
        for (const word of await latinWords(page)) wrong.push(`${where}: Latin "${word}"`);
    if (russian)
        for (const day of await isoDays(page)) wrong.push(`${where}: the day ${day}`);
    return wrong;
}

async function open(page, hash) {
    if (hash[0] === '/' || page.url() === 'about:blank' || /html$/.test(page.url()))
        await page.goto(site.base + (hash[0] === '/' ? hash : `/${hash}`));
    else
        await page.evaluate(to => {
            delete document.querySelector('main').dataset.ready;
            location.hash = to;
        }, hash);
    if (hash[0] !== '/') await page.waitForSelector('main[data-ready]');
}
const drawn = page => page.evaluate(
    () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));

// All looks of a page, after one load: axe's rules once, then at each look those that it may break
// and the one before it did not try (a language has no colours of its own); or `some` look with all
// rules.
async function everyLook(page, hash, language, some) {
    const wrong = [], russian = language === 'ru' && hash[0] !== '/';
    const axeFinds = async (rules, where) => wrong.push(
        ...(await findings(page, rules)).map(each => `${hash} ${language} ${where} ${each}`));
    await page.setViewportSize({width: 1280, height: 900});
    await page.emulateMedia({colorScheme: 'light'});
    await open(page, hash);
    await shorten(page);
    if (await page.locator('[role=alert]').count()) wrong.push(`${hash}: an error`);
    if (!some) await axeFinds(undefined, 'light 1280');
    for (const width of widths) {
        if (some && width !== some.width) continue;
        await page.setViewportSize({width, height: 900});
        await drawn(page);
        wrong.push(...await look(page, `${hash} ${language} ${width}`, russian));
        if (!some && width !== 1280) await axeFinds(ofWidths, width);
        if (!some && !everyReport && width === widths[1]) continue;
        for (const colorScheme of themes) {
            if (some ? colorScheme !== some.colorScheme : language !== 'en' && !everyReport)
                continue;
            await page.emulateMedia({colorScheme});
            if (some || width !== 1280 || colorScheme !== 'light')
                await axeFinds(some ? undefined : ofThemes, `${colorScheme} ${width}`);
        }
    }
    return wrong;
}

const languages = [['en', 'en-US'], ['ru', 'ru-RU']];
test(
    'every page is for everybody, in both languages, light and dark, at three widths', async () => {
        const reports =
            (await (await fetch(`${site.base}/api/reports`)).json()).map(each => each.name);
        assert.ok(reports.length > 40);
        const walk = async ([language, locale], place) => {
            const {page, wrong, close} = await watchedPage(
                browser, {viewport: {width: 1280, height: 900}, locale}, site.base);
            await page.addInitScript(axe());
            for (const hash of [...hashes, '/login.html', '/approver.html'])
                wrong.push(...await everyLook(page, hash, language));
            for (const [i, name] of reports.entries()) {
                const hash = `#/report/${name}?from=`, n = Math.floor(i / 2);
                if (hashes.includes(hash) || (!everyReport && i % 2 !== place)) continue;
                wrong.push(...await everyLook(
                    page, hash, language,
                    everyReport ? null : {width: widths[n % 3], colorScheme: themes[n % 2]}));
            }
            await close();
            return wrong;
        };
        const wrong = (await Promise.all(languages.map(walk))).flat();
        assert.deepEqual([...new Set(wrong)], []);
    });

// Figure, rows, file: each figure of the morning that leads somewhere is clicked as its reader
// would, and the rows, the totals below them and the workbook read again come to the same.
const cents = value => Math.round(Number(value) * 100);
const plain = shown => shown.replaceAll('\u00a0', '').replace(',', '.').replace('%', '').trim();

// What the rows make, in hundredths, by the way the page says; null: nothing to divide by.
function made({how, column, to}, {columns, rows}, titleOf, yes) {
    if (how === 'rows') return rows * 100;
    if (how === 'percent') {
        const paid = columns[titleOf('is_paid')] || [], came = columns[titleOf('money_on')] || [];
        let count = 0;
        for (let r = 0; r < rows; ++r) {
            const [, year, month, day] = /\((\d+), (\d+), (\d+)/.exec(came[r] || '') || [];
            const date = year && [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-');
            if (paid[r] === yes && date && date <= to) ++count;
        }
        return rows ? cents((100 * count / rows).toFixed(1)) : null;
    }
    const sum = (columns[titleOf(column)] || []).reduce((all, each) => all + cents(each), 0);
    if (how === 'mean') return rows ? Math.round(sum / rows) : null;
    return how === 'minus' ? -sum : sum;
}

async function walkFigures(locale, place) {
    const {page, wrong, close} = await watchedPage(
        browser, {viewport: {width: 1280, height: 900}, locale, acceptDownloads: true}, site.base);
    await page.goto(`${site.base}/#/`);
    await page.waitForSelector('main[data-ready=home]');
    const titles = await page.evaluate(async russian => {
        const {dictionary} = await import('/dictionary.js'), at = russian ? 1 : 0;
        return {
            columns: Object.fromEntries(
                Object.entries(dictionary.columns).map(([name, said]) => [name, said[at]])),
            yes: `'${dictionary.values['*'].t[at]}'`
        };
    }, locale === 'ru-RU');
    const figures = await page.locator('main .grid a.figure').count(), seen = [];
    assert.ok(figures >= 15, `only ${figures} figures lead somewhere`);
    for (let i = 0; i < figures; ++i) {
        if (!everyReport && i % 2 !== place) continue;
        const link = page.locator('main .grid a.figure').nth(i);
        const shown = plain(await link.textContent()), href = await link.getAttribute('href');
        await link.click();
        await page.waitForSelector('main[data-ready=reports] .made-of');
        const where = `${locale} ${href}`;
        const told = page.locator('.made-of b');
        assert.equal(plain(await told.textContent()), shown, where);
        const figure = await told.evaluate(element => ({...element.dataset}));
        figure.to = new URLSearchParams(href.split('?')[1]).get('to');
        const value = shown === '—' ? null : cents(shown);
        // the totals row, where two rows or more have one
        const cell = page.locator(`tfoot [data-column="${figure.column}"]`);
        if (await cell.count()) {
            const total = cents(plain(await cell.textContent())),
                  rows = Number(plain((await page.locator('.tools .note').textContent())
                                          .split(' ')[0]
                                          .replace(/\D/g, '')));
            assert.equal(
                figure.how === 'mean'      ? Math.round(total / rows) :
                    figure.how === 'minus' ? -total :
                                             total,
                value, `${where}: the totals row`);
        }
        const nothing = await page.locator('.sheet').count() === 0;
        if (nothing) {
            assert.ok(value === null || value === 0, `${where}: no rows, but ${shown}`);
        } else {
            const [file] = await Promise.all([
                page.waitForEvent('download'),
                page.locator('.tools a.button', {hasText: 'Excel'}).click()
            ]);
            seen.push({where, figure, value, file: await file.path()});
        }
        await page.goBack();
        await page.waitForSelector('main[data-ready=home]');
    }
    const copies = seen.map(({file}, i) => {
        const copy = join(site.folder, `${locale}-${i}.xlsx`);
        copyFileSync(file, copy);
        return copy;
    });
    readWorkbooks(copies).forEach((book, i) => {
        const {where, figure, value} = seen[i];
        assert.equal(
            made(figure, book, name => titles.columns[name], titles.yes), value,
            `${where}: the workbook`);
    });
    assert.deepEqual(wrong, []);
    await close();
    return seen.length;
}
test('every figure of the morning leads to rows and to a workbook with the same sum', async () => {
    const [english, russian] = await Promise.all(['en-US', 'ru-RU'].map(walkFigures));
    assert.ok(english >= 3 && russian >= 3, `${english} and ${russian} figures have rows`);
    assert.ok(
        english + russian >= (everyReport ? 16 : 8), `only ${english + russian} figures have rows`);
});

test('a figure of every column of every report leads to rows with the same sum', async () => {
    const {page, wrong, close} = await watchedPage(
        browser, {viewport: {width: 1280, height: 900}, locale: 'en-US'}, site.base);
    const reports = (await (await fetch(`${site.base}/api/reports`)).json()).map(each => each.name);
    let compared = 0;
    for (const name of reports) {
        await open(page, `#/report/${name}`);
        const found = await page.evaluate(async () => {
            const {askedRows} = await import('/rows.js'), told = [], met = new Set();
            for (const link of document.querySelectorAll('.sheet tbody a[href^="#/rows/"]')) {
                const [path, search] = link.getAttribute('href').split('?');
                const query = new URLSearchParams(search), figure = query.get('figure');
                const times = [...met].filter(each => each.startsWith(`${figure} `)).length;
                if (times >= 2 || met.has(`${figure} ${link.textContent}`)) continue;
                met.add(`${figure} ${link.textContent}`);
                const asked = askedRows(query);
                asked.set('name', path.split('/').pop());
                const rows = await (await fetch(`/api/rows?${asked}`)).json();
                told.push([figure, link.textContent, rows.figure?.value ?? rows.error]);
            }
            return told;
        });
        for (const [figure, shown, value] of found)
            assert.equal(cents(value), cents(plain(shown)), `${name} ${figure}`);
        compared += found.length;
    }
    assert.ok(compared > 60, `only ${compared} figures were compared`);
    assert.deepEqual(wrong, []);
    await close();
});

// What a printer gets: A4 across, less its margins, at 96 points an inch.
const paper = {
    width: 1047,
    height: 718
};
test('on paper every column and every row is there, heads repeat and nothing is cut', async () => {
    const {page, wrong, close} =
        await watchedPage(browser, {viewport: paper, locale: 'ru-RU'}, site.base);
    const reports = everyReport ?
        (await (await fetch(`${site.base}/api/reports`)).json()).map(each => each.name) :
        [
            'debts', 'launches', 'money_after_fees', 'refund_disagreements', 'data_quality',
            'lessons'
        ];
    for (const hash
             of ['#/', mostUsed.rows, mostUsed.cohorts,
                 ...reports.map(name => `#/report/${name}?from=`)]) {
        await page.emulateMedia({media: 'screen'});
        await open(page, hash);
        const columns = await page.locator('.sheet thead th').count();
        await page.emulateMedia({media: 'print'});
        const found = await page.evaluate(() => {
            dispatchEvent(new Event('beforeprint'));
            const cut = [];
            for (const cell of document.querySelectorAll(
                     'main th, main td, main h1, main p, main li')) {
                const at = cell.getBoundingClientRect();
                if (at.width &&
                    (at.right > innerWidth + 1 || cell.scrollWidth > cell.clientWidth + 1))
                    cut.push(cell.textContent.slice(0, 40));
            }
            const seen = query => [...document.querySelectorAll(query)].filter(
                each => each.getBoundingClientRect().width > 0);
            const scrolls =
                seen('.sheet > div').filter(each => each.scrollHeight > each.clientHeight + 1);
            return {
                cut,
                columns: seen('.sheet thead th').length,
                rows: document.querySelectorAll('.sheet tbody tr').length,
                tools: seen('.tools, form, nav, header').length,
                scrolls: scrolls.length,
                heads: seen('thead')
                           .filter(each => getComputedStyle(each).display !== 'table-header-group')
                           .length
            };
        });
        assert.deepEqual(found.cut, [], `${hash}: cut on paper`);
        assert.equal(found.columns, columns, `${hash}: columns on paper`);
        assert.deepEqual([found.tools, found.scrolls, found.heads], [0, 0, 0], hash);
        if (hash === mostUsed.rows) assert.ok(found.rows > 300, `only ${found.rows} rows`);
    }
    await open(page, mostUsed.rows);
    const file = (await page.pdf({preferCSSPageSize: true})).toString('latin1');
    const boxes = [...file.matchAll(/\/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g)];
    assert.ok(boxes.length > 5, `${boxes.length} pages of paper`);
    for (const [, width, height] of boxes)
        assert.deepEqual([Math.round(width), Math.round(height)], [842, 595], 'A4 across');
    assert.deepEqual(wrong, []);
    await close();
});

test('everything on a report page is reached and used by keyboard alone', async () => {
    const {page, wrong, close} = await watchedPage(
        browser, {viewport: {width: 700, height: 900}, locale: 'en-US'}, site.base);
    await page.goto(`${site.base}/#/report/products?from=`);
    await page.waitForSelector('main[data-ready=reports]');
    const rows = await page.locator('.sheet tbody tr').count();
    // what Tab comes to, from the top of the page to the first figure
    const reached = [];
    for (let i = 0; i < 80 && !reached.includes('figure'); ++i) {
        await page.keyboard.press('Tab');
        reached.push(await page.evaluate(() => {
            const at = document.activeElement;
            const outline = getComputedStyle(at).outlineStyle;
            if (outline === 'none') return `${at.outerHTML.slice(0, 80)} has no outline`;
            return at.matches('.skip')     ? 'skip' :
                at.matches('nav a')        ? 'menu' :
                at.matches('select')       ? 'select' :
                at.matches('input.filter') ? 'filter' :
                at.matches('summary')      ? 'columns' :
                at.matches('.tools a')     ? 'file' :
                at.matches('.sheet > div') ? 'table' :
                at.matches('thead button') ? 'head' :
                at.matches('tbody a')      ? 'figure' :
                                             at.localName;
        }));
    }
    for (const part
             of ['skip', 'menu', 'select', 'filter', 'columns', 'file', 'table', 'head', 'figure'])
        assert.ok(reached.includes(part), `${part} is not reached: ${reached}`);
    assert.deepEqual(reached.filter(each => each.includes('outline')), []);
    const focused = () => page.evaluate(() => document.activeElement.dataset.column);
    // a head sorts and keeps the focus
    await page.locator('thead button[data-column=net]').focus();
    await page.keyboard.press('Enter');
    assert.equal(
        await page.locator('th[aria-sort=descending] button').getAttribute('data-column'), 'net');
    assert.equal(await focused(), 'net');
    await page.keyboard.press('Space');
    assert.equal(await page.locator('th[aria-sort=ascending]').count(), 1);
    // the table scrolls by its arrows
    await page.locator('.sheet > div').focus();
    await page.keyboard.press('ArrowRight');
    await until(
        'the scroll', () => page.locator('.sheet > div').evaluate(box => box.scrollLeft > 0), 5000);
    // the filter finds, the menu of columns opens, hides one and gives the focus back
    await page.locator('input.filter').focus();
    await page.keyboard.type(await page.locator('.sheet tbody th').first().textContent());
    assert.ok(await page.locator('.sheet tbody tr').count() < rows);
    await page.locator('.tools summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await until('the choice', () => /hide=\w+/.test(page.url()), 5000);
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.localName), 'summary');
    assert.equal(await page.locator('.tools details[open]').count(), 0);
    // a figure leads to its rows
    await page.locator('.sheet tbody a').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.made-of');
    assert.deepEqual(wrong, []);
    await close();
});

test('a wide screen is used', async () => {
    const {page, wrong, close} = await watchedPage(
        browser, {viewport: {width: 1920, height: 1000}, locale: 'en-US'}, site.base);
    for (const hash of ['#/', '#/state', '#/reports', mostUsed.debts, mostUsed.rows]) {
        await open(page, hash);
        const used = await page.evaluate(() => {
            const edges = [...document.querySelectorAll('main .card, main .sheet')].map(
                each => each.getBoundingClientRect());
            return Math.max(...edges.map(at => at.right)) - Math.min(...edges.map(at => at.left));
        });
        assert.ok(used > 1600, `${hash} uses ${used} of 1920 points`);
        wrong.push(...await look(page, `${hash} 1920`, false));
    }
    assert.deepEqual(wrong, []);
    await close();
});
