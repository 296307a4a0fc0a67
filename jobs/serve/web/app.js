// The dashboard: pages by hash, each drawn from one JSON of the service by a file of its own.
/* global add */
import {fields} from './fields.js';
import {frame, keepFocus, sayError, start} from './frame.js';
import {morning} from './morning.js';
import {overview} from './overview.js';
import {load, main} from './parts.js';
import {pushPlan, pushPlans} from './push.js';
import {rejects} from './rejects.js';
import {asked, report} from './report.js';
import {reports} from './reports.js';
import {askedRows, rows} from './rows.js';
import {oneRun, runs} from './runs.js';
import {session} from './session.js';
import {t} from './words.js';

const pages = ['home', 'overview', 'runs', 'rejects', 'fields', 'reports', 'push'];
const paths = {
    home: '#/',
    overview: '#/state'
};
const focusable = 'a, button, input, select, summary';
const most = 300000;  // between two questions to a service that does not answer
let timer = 0, shown = '', failures = 0;

const again = milliseconds => {
    clearTimeout(timer);
    timer = setTimeout(draw, milliseconds);
};

// [page of the menu, address of its data, view]
function route() {
    const hash = location.hash.replace(/^#\/?/, ''), [path, search] = hash.split('?'),
          [page, id] = path.split('/'), query = new URLSearchParams(search || ''),
          part = encodeURIComponent(id || '');
    const routes = {
        '': ['home', `/api/morning?lang=${session.russian ? 'ru' : 'en'}`, morning],
        state: ['overview', '/api/overview', data => overview(data, again)],
        runs: ['runs', '/api/runs', runs],
        run: ['runs', `/api/run?id=${part}`, oneRun],
        rejects: ['rejects', `/api/rejects?run=${part || 0}`, rejects],
        fields: ['fields', '/api/fields', fields],
        reports: ['reports', '/api/reports', reports],
        report: ['reports', `/api/report?name=${part}&${asked(query)}`, report],
        rows: ['reports', `/api/rows?name=${part}&${askedRows(query)}`, rows],
        push: id ? ['push', `/api/plan?id=${part}`, data => pushPlan(data, again)] :
                   ['push', '/api/push', pushPlans]
    };
    return routes[page] || routes[''];
}

function menu(page) {
    const nav = document.getElementById('nav');
    nav.replaceChildren();
    for (const name of pages) {
        const item = add(nav, 'a', t(name));
        item.href = paths[name] || `#/${name}`;
        if (name === page) item.setAttribute('aria-current', 'page');
    }
}

// The same element keeps the focus when a page is drawn anew; a new page begins at its top.
function redraw(view, data, wanted) {
    const giveBack = shown === wanted && keepFocus(focusable);
    main.replaceChildren();
    view(data);
    if (giveBack)
        giveBack();
    else if (shown) {
        main.focus();
        scrollTo(0, 0);
    }
    shown = wanted;
}

function fail(error) {
    sayError(error);
    // what is refused stays refused; who does not answer is asked less and less often
    if (!(error.status >= 400 && error.status < 500)) again(Math.min(5000 * 2 ** failures++, most));
}

// What the hash asks for; drawn into a fresh main only once its data are here, so that nothing
// flickers.
async function draw() {
    clearTimeout(timer);
    const [page, address, view] = route();
    frame(t(page));
    menu(page);
    const wanted = location.hash + session.russian;
    const overtaken = () => location.hash + session.russian !== wanted;
    try {
        if (!session.csrf) Object.assign(session, await load('/api/session'));
        const data = await load(address);
        if (overtaken()) return;
        redraw(view, data, wanted);
        main.dataset.ready = page;
        failures = 0;
    } catch (error) {
        if (!overtaken()) fail(error);
    }
}

addEventListener('hashchange', () => {
    failures = 0;
    draw();
});
start(draw);
