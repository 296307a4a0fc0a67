// The ten most used pages of a simulated school as pictures for a reviewer's eyes:
//   node tests/web/screenshots.mjs DIRECTORY      (with the variables that ./test.sh sets)
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';

import {mirroredSchool, mostUsed} from './school.mjs';
import {launch, watchedPage} from './support.mjs';

const folder = process.argv[2];
if (!folder) throw new Error('where to? node tests/web/screenshots.mjs DIRECTORY');
mkdirSync(folder, {recursive: true});
const site = await mirroredSchool(['--users', '2000', '--deals', '5000']), browser = await launch();
for (const [locale, colorScheme, width] of [
         ['ru-RU', 'light', 1280], ['en-US', 'dark', 1280], ['ru-RU', 'light', 400]]) {
    const {page, wrong, close} = await watchedPage(
        browser, {viewport: {width, height: 900}, locale, colorScheme}, site.base);
    for (const [name, hash] of Object.entries(mostUsed)) {
        await page.goto('about:blank');
        await page.goto(`${site.base}/${hash}`);
        await page.waitForSelector('main[data-ready]');
        const file = join(folder, `${name}-${locale.slice(0, 2)}-${colorScheme}-${width}.png`);
        await page.screenshot({path: file, fullPage: true});
        console.log(file);
    }
    for (const message of wrong) console.error(message);
    await close();
}
await browser.close();
await site.close();
