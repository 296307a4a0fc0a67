// What the browser tests share: a database of their own, the program, Chromium with every request
// and error noted.
import {execFileSync, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = process.env.GCMIRROR_WEB_MODULES;
if (!modules)
    throw new Error(
        'GCMIRROR_WEB_MODULES is not set: the folder where npm installed playwright-core; ./test.sh makes it');
const {chromium} = createRequire(join(modules, 'package.json'))('playwright-core');
export const axe = () => readFileSync(join(modules, 'node_modules/axe-core/axe.min.js'), 'utf8');
const server = process.env.GCMIRROR_TEST_URL;
if (!server)
    throw new Error(
        'GCMIRROR_TEST_URL is not set: a PostgreSQL that may be filled; ./test.sh starts one');

// A folder of this test, gone with its process.
const temporaries = [];
export function temporary(name) {
    temporaries.push(mkdtempSync(join(tmpdir(), `gcmirror-${name}-`)));
    return temporaries.at(-1);
}
process.on('exit', () => {
    for (const folder of temporaries) rmSync(folder, {recursive: true, force: true});
});

export function psql(url, ...args) {
    return execFileSync(
        'psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-At', url, ...args], {encoding: 'utf8'});
}

const urlOf = name => server.replace(/\/postgres\?/, `/${name}?`);

// A database as `gcmirror init` leaves it, made once per server and state of the migrations: who
// creates it fills it, the others wait until it takes no connections any more.
function initialized() {
    const folder = join(root, 'migrations'), all = createHash('sha256');
    for (const file of readdirSync(folder).sort()) all.update(readFileSync(join(folder, file)));
    const name = `gcmirror_web_template_${all.digest('hex').slice(0, 16)}`;
    const ready = () => psql(
        server, '-c', `SELECT 1 FROM pg_database WHERE datname = '${name}' AND NOT datallowconn`);
    if (ready()) return name;
    try {
        psql(server, '-c', `CREATE DATABASE ${name}`);
    } catch (cause) {
        for (const begin = Date.now(); !ready();) {
            if (Date.now() - begin > 60000)
                throw new Error(
                    `${name} was begun and not finished: drop it, and run again`, {cause});
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        }
        return name;
    }
    gcmirror(urlOf(name), ['--config', join(temporary('init'), 'gcmirror.toml'), 'init']);
    psql(server, '-c', `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    return name;
}

// A migrated database; drop() removes it.
export function database() {
    const name = `gcmirror_web_${process.pid}_${Math.floor(process.hrtime()[1])}`;
    psql(server, '-c', `CREATE DATABASE ${name} TEMPLATE ${initialized()}`);
    const url = urlOf(name);
    // settings of the database and who may connect are not handed on
    psql(url, '-c', 'SELECT report.apply_settings(), report.close_door()');
    const drop = () => {
        psql(server, '-c', `DROP DATABASE ${name} WITH (FORCE)`);
        rmSync(folderOf(url), {recursive: true, force: true});
    };
    return {url, drop};
}

// The folder that goes with a database, so that nothing is written into the machine's own.
const folderOf = url => join(tmpdir(), `${/\/([^/?]*)(\?|$)/.exec(url)[1]}_data`);

export function environment(url, more = {}) {
    return {
        ...process.env,
        GCMIRROR_CONFIG: '/dev/null',
        GCMIRROR_DATABASE_URL: url,
        GCMIRROR_DATABASE_DATA_DIR: folderOf(url),
        GETCOURSE_ACCOUNT: 'school',
        ...more
    };
}

export function gcmirror(url, args, more = {}) {
    return execFileSync(process.env.GCMIRROR_PROGRAM, args, {
        encoding: 'utf8',
        env: environment(url, more),
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'pipe']
    });
}

// `gcmirror` in the background; what it says gathers in `said`. stopAll() ends those that run.
const children = [];
export function start(url, args, more) {
    const child = spawn(
        process.env.GCMIRROR_PROGRAM, args,
        {env: environment(url, more), stdio: ['ignore', 'pipe', 'pipe']});
    child.said = '';
    for (const stream of [child.stdout, child.stderr])
        stream.on('data', data => {
            child.said += data;
        });
    children.push(child);
    return child;
}
export async function stopAll() {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map(
        child => child.exitCode === null && new Promise(done => child.on('exit', done))));
}
// What a file of tests has begun.
export async function endAll(school, browser) {
    await browser?.close();
    await stopAll();
    school?.drop();
}
export const until = async (what, happened, most = 60000) => {
    for (const begin = Date.now(); Date.now() - begin < most;) {
        if (await happened()) return;
        await new Promise(done => setTimeout(done, 50));
    }
    throw new Error(`${what} did not come within ${most} ms`);
};
export const freePort = () => new Promise(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
        const {port} = server.address();
        server.close(() => done(port));
    });
});

// A simulated school of this size; the settings that its ready file names.
export async function simulate(url, folder, args) {
    const ready = join(folder, 'ready');
    start(url, [
        'simulate', ...args, '--limit', '1000', '--dir', join(folder, 'certificates'),
        '--ready-file', ready
    ]);
    await until('the simulator', () => existsSync(ready));
    return Object.fromEntries(readFileSync(ready, 'utf8')
                                  .trim()
                                  .split('\n')
                                  .map(line => line.split(/=(.*)/s).slice(0, 2)));
}
// Until it answers for `path`.
export const answers = (base, path, options) => until('the dashboard', async () => {
    try {
        return (await fetch(`${base}${path}`, options)).ok;
    } catch {
        return false;
    }
});

export const testData = name => readFileSync(join(root, 'tests/data', name), 'utf8');

export const launch = () => chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking']
});

// The pages of the tree instead of those in the program: for work on a page without a build.
export const servePagesOfTree = context => context.route(/\.(js|css)$/, route => {
    const name = new URL(route.request().url()).pathname;
    const file =
        ['jobs/serve/web', 'jobs/report'].map(folder => join(root, folder, name)).find(existsSync);
    return file ? route.fulfill({path: file}) : route.continue();
});

// A page that notes what must not happen: errors, console errors, requests to anywhere but
// `allowed`.
export async function watchedPage(browser, options, allowed) {
    const context = await browser.newContext(options);
    if (process.env.GCMIRROR_PAGES_OF_TREE) await servePagesOfTree(context);
    const page = await context.newPage();
    const wrong = [];
    page.on('pageerror', error => wrong.push(`error: ${error.message}`));
    page.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning')
            wrong.push(`console: ${message.text()}`);
    });
    page.on('request', request => {
        if (!request.url().startsWith(allowed) && !request.url().startsWith('data:'))
            wrong.push(`request to ${request.url()}`);
    });
    page.on('dialog', dialog => {
        wrong.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    return {page, wrong, close: () => context.close()};
}

// Colours a canvas shows: an empty chart has one or two.
export const colours = canvas => canvas.evaluate(element => {
    const {data} = element.getContext('2d').getImageData(0, 0, element.width, element.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 0) seen.add(`${data[i] >> 4},${data[i + 1] >> 4},${data[i + 2] >> 4}`);
    return seen.size;
});
export const sidewaysOverflow = page =>
    page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);

// Debian's own Python: another one on the PATH may lack Debian's openpyxl.
const read = files => execFileSync(
    '/usr/bin/python3', [join(root, 'tests/support/read_workbook.py'), ...files],
    {encoding: 'utf8', maxBuffer: 1 << 28});
// [sheet, cell, text] of every cell of words.
export const workbookTexts =
    file => [...read([file]).matchAll(/^(.*)\|([A-Z]+\d+)\|s\|(.*)\|[^|]*$/gm)].map(
        ([, sheet, cell, text]) => [sheet, cell, text.slice(1, -1)]);

// Workbooks as openpyxl reads them: of each its first sheet, by column title the cells below it as
// the texts that Python prints; and the number of rows.
export function readWorkbooks(files) {
    const said = read(files);
    const books = files.length === 1 ? [said] : said.split(/^FILE\|.*\n/m).slice(1);
    return books.map(text => {
        const lines = text.split('\n'), sheet = lines[0].split('|')[0] + '|';
        const titles = new Map(), columns = {};
        let rows = 0;
        for (const line of lines.slice(1)) {
            if (!line.startsWith(sheet)) break;
            const [, cell, row, kind, value] =
                /^([A-Z]+)(\d+)\|(\w)\|(.*)\|[^|]*$/.exec(line.slice(sheet.length)) || [];
            if (!cell) continue;
            if (row === '1') {
                titles.set(cell, value.slice(1, -1));
                columns[value.slice(1, -1)] = [];
                continue;
            }
            columns[titles.get(cell)][Number(row) - 2] = kind === 'n' ? Number(value) : value;
            rows = Math.max(rows, Number(row) - 1);
        }
        return {columns, rows};
    });
}

// Names, codes and what the school itself has written; everything else is said in Russian.
const known =
    /^(gcmirror|GetCourse|English|CSV|Excel|XLSX|API|ABC|RFM|LTV|RUB|KZT|USD|EUR|utm|UTC|Europe|Moscow|id|https?|localhost|push|created|at|paid|status|changed|sync|Telegram|bothelp|TOML|SQL|utm_\w+)$/;
export const latinOf = text =>
    (text.match(/[A-Za-z_]{2,}/g) || []).filter(word => !known.test(word));
// Days as the database writes them, where a Russian reader looks.
export const isoDays = page => page.evaluate(() => {
    const days = [], main = document.querySelector('main');
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
        if (!walker.currentNode.parentElement.closest('code'))
            days.push(...walker.currentNode.textContent.match(/\b\d{4}-\d\d-\d\d\b/g) || []);
    return days;
});
export const latinWords = async page => latinOf(await page.evaluate(() => {
    const texts = [];
    const walker = document.createTreeWalker(document.querySelector('body'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        // cells hold what the school has written: products, groups, managers, e-mails
        if (!element.closest(
                'tbody, code, script, .chips, .keys, .funnel, .definition, .note, footer, details'))
            texts.push(walker.currentNode.textContent);
    }
    return texts.join(' ');
}));
