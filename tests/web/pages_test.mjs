// Every page in both languages, both themes and three widths: axe-core finds nothing, nothing is
// cut, nothing is wider than the window; Latin words on Russian pages only from a list.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {mirroredSchool, mostUsed} from './school.mjs';
import {axe, launch, sidewaysOverflow, watchedPage} from './support.mjs';

const hashes = [
    ...Object.values(mostUsed), '#/runs', '#/rejects', '#/fields', '#/push', '#/report/lessons',
    '#/report/data_quality'
];
const widths = [400, 768, 1280], themes = ['light', 'dark'];
// axe at all six looks of a page takes minutes; without the variable at two: all its rules at 1280
// light, those that a look may break at 400 dark, both in English
const everyLook = process.env.GCMIRROR_PAGES_ALL === '1';
let site, browser;

before(async () => {
    site = await mirroredSchool();
    browser = await launch();
});
after(async () => {
    await browser?.close();
    await site?.close();
});

// The rules that a theme or a width may break; the others do not depend on them.
const ofLooks =
    ['color-contrast', 'scrollable-region-focusable', 'link-in-text-block', 'target-size'];
const findings = (page, rules) => page.evaluate(async only => {
    /* global axe */
    const found = await axe.run(
        document, only ? {runOnly: {type: 'rule', values: only}} : {resultTypes: ['violations']});
    return found.violations.map(
        each => `${each.id}: ${
            each.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(' | ')}`);
}, rules);

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

// Names, codes and what the school itself has written; everything else is said in Russian.
const known =
    /^(gcmirror|GetCourse|English|CSV|Excel|XLSX|API|ABC|RFM|LTV|RUB|KZT|USD|EUR|utm|UTC|Europe|Moscow|id|https?|localhost|push|created|at|paid|status|changed|sync|Telegram|bothelp|TOML|SQL|utm_\w+)$/;
const latinWords = page => page.evaluate(() => {
    const words = new Set();
    const walker = document.createTreeWalker(document.querySelector('body'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        // cells hold what the school has written: products, groups, managers, e-mails
        if (element.closest(
                'tbody, script, .chips, .keys, .funnel, .definition, .note, footer, details'))
            continue;
        for (const word of walker.currentNode.textContent.match(/[A-Za-z_]{2,}/g) || [])
            words.add(word);
    }
    return [...words];
});

// What is wrong with the page as it stands, in words.
async function look(page, where, russian) {
    const wrong = [];
    if (await sidewaysOverflow(page) > 0) wrong.push(`${where}: wider than the window`);
    for (const text of await cutTexts(page)) wrong.push(`${where}: cut "${text}"`);
    if (russian)
        for (const word of (await latinWords(page)).filter(each => !known.test(each)))
            wrong.push(`${where}: Latin "${word}"`);
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

for (const [language, locale] of [['en', 'en-US'], ['ru', 'ru-RU']])
    test(`every page is for everybody, in ${locale}, light and dark, at three widths`, async () => {
        const {page, wrong, close} =
            await watchedPage(browser, {viewport: {width: 1280, height: 900}, locale}, site.base);
        await page.addInitScript(axe());
        for (const hash of [...hashes, '/login.html', '/approver.html']) {
            await page.setViewportSize({width: 1280, height: 900});
            await page.emulateMedia({colorScheme: 'light'});
            await open(page, hash);
            if (await page.locator('[role=alert]').count()) wrong.push(`${hash}: an error`);
            if (everyLook || language === 'en')
                wrong.push(...(await findings(page)).map(each => `${hash} ${locale} ${each}`));
            for (const width of widths) {
                await page.setViewportSize({width, height: 900});
                await drawn(page);
                wrong.push(
                    ...await look(page, `${hash} ${width}`, hash[0] !== '/' && language === 'ru'));
                for (const colorScheme of themes) {
                    if (!everyLook &&
                        !(language === 'en' && width === 400 && colorScheme === 'dark'))
                        continue;
                    await page.emulateMedia({colorScheme});
                    wrong.push(
                        ...(await findings(page, ofLooks))
                            .map(each => `${hash} ${locale} ${colorScheme} ${width} ${each}`));
                }
            }
        }
        assert.deepEqual([...new Set(wrong)], []);
        await close();
    });
