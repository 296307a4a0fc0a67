// All schools on one page, the worst first; every few seconds anew.
/* global add */
import {f} from './fleet_words.js';
import {dayOf, moment, number, span} from './format.js';
import {frame, keepFocus, sayError, start} from './frame.js';
import {kindOf, rise} from './nights.js';
import {card, emptyTable, load, main, meter} from './parts.js';
import {session} from './session.js';
import {state, t, tone} from './words.js';

const pause = 3000, most = 60000;
const colours = {
    green: 'green',
    amber: 'amber',
    unread: '',
    red: 'red',
    unreachable: 'red',
    down: 'red',
    left_out: 'red'
};
let timer = 0, failures = 0;

// The address of a school's own pages; a wildcard is reached by the name this page was.
function address(school) {
    const colon = school.listen.lastIndexOf(':'), host = school.listen.slice(0, colon),
          anywhere = ['0.0.0.0', '[::]', '*'].includes(host);
    return `${school.tls ? 'https' : 'http'}://${anywhere ? location.hostname : host}:${
        school.listen.slice(colon + 1)}/`;
}

function answer(data) {
    const hands = data.schools.filter(school => school.hands.length),
          open = data.schools.some(school => school.trouble === 'unread');
    const worst = data.groups.some(group => group.level === 'red') ? 'red' :
        data.groups.length                                         ? 'amber' :
        open                                                       ? 'unread' :
                                                                     'green';
    const section = add(main, 'section', undefined, `card trust ${worst}`);
    section.id = 'answer';
    if (!data.schools.length) return void add(section, 'h1', f('none'));
    add(section, 'h1',
        hands.length ?
            `${f('hands')}: ${number(hands.length)} ${t('of')} ${number(data.schools.length)}` :
            open ? f('starting') :
                   f('allWell'));
    if (!data.groups.length) return;
    const list = add(section, 'ul');
    for (const group of data.groups) add(list, 'li', session.russian ? group.ru : group.en);
}

function nights(cell, all) {
    if (!all.length) return void add(cell, 'span', f('noNights'), 'soft');
    const count = wanted => all.filter(night => kindOf(night.state) === wanted).length,
          longest = Math.max(1, ...all.map(night => night.seconds));
    const bars = add(cell, 'div', undefined, 'nights');
    bars.setAttribute('role', 'img');
    bars.setAttribute(
        'aria-label',
        `${f('nights')}: ${t('nightsGood')} ${count('good')}, ${t('nightsSome')} ${
            count('some')}, ${t('nightsBad')} ${count('bad')}`);
    for (const night of all) {
        const bar = add(bars, 'span', undefined, kindOf(night.state));
        bar.title = [dayOf(night.day, true), state(night.state), span(night.seconds)].join(', ');
        rise(bar, night.seconds, longest);
    }
}

function newestRun(cell, school) {
    const process = school.process;
    if (process && process.state === 'waiting' && process.until)
        add(cell, 'p', `${f('waiting')} ${moment(process.until, false)}`, 'small');
    else if (process && process.state === 'stopping')
        add(cell, 'p', f('stopping'), 'small');
    if (!school.run_state) return;
    add(cell, 'span', state(school.run_state), 'badge ' + tone(school.run_state));
    add(cell, 'p', school.doing || moment(school.run_began), 'small soft');
}

function budget(cell, b) {
    if (!b) return;
    add(meter(cell, b.limit, b.free, f('budget')), 'span').style.width =
        `${100 * Math.min(1, b.free / b.limit)}%`;
    add(cell, 'span', `${number(b.free)} ${t('of')} ${number(b.limit)}`, 'small when');
}

function row(body, school, now) {
    session.zone = school.zone;
    const line = add(body, 'tr'), name = add(line, 'th');
    line.dataset.school = school.school;
    line.dataset.trouble = school.trouble;
    name.scope = 'row';
    if (school.listen)
        add(name, 'a', school.school).href = address(school);
    else
        add(name, 'span', school.school);
    const cell = (key, kind) => {
        const made = add(line, 'td', undefined, kind || '');
        made.dataset.label = f(key);
        return made;
    };
    add(cell('trust'), 'span', f(school.trouble), 'badge ' + colours[school.trouble]);
    const fresh = cell('asOf', 'when');
    if (school.as_of) {
        add(fresh, 'span', moment(school.as_of));
        add(fresh, 'p', `${span((new Date(now) - new Date(school.as_of)) / 1000)} ${t('ago')}`,
            'small soft');
    }
    nights(cell('nights'), school.nights);
    newestRun(cell('run'), school);
    budget(cell('budget'), school.budget);
    const hands = cell('hand');
    if (!school.hands.length) return;
    const list = add(hands, 'ul');
    for (const hand of school.hands) add(list, 'li', session.russian ? hand.ru : hand.en);
}

function table(data) {
    if (!data.schools.length) return;
    const body = emptyTable(
        card(main, f('title')), f('title'),
        ['school', 'trust', 'asOf', 'nights', 'run', 'budget', 'hand'].map(key => [f(key), '']));
    body.parentElement.className = 'schools';
    for (const school of data.schools) row(body, school, data.now);
}

// The element that has the focus and the place in a scrolled table stay.
function redraw(data) {
    const giveBack = keepFocus('a, [tabindex="0"]'),
          aside = main.querySelector('.plain')?.scrollLeft || 0;
    main.replaceChildren();
    answer(data);
    table(data);
    giveBack();
    const box = main.querySelector('.plain');
    if (box) box.scrollLeft = aside;
}

async function draw() {
    clearTimeout(timer);
    frame(f('title'));
    try {
        redraw(await load('/api/fleet'));
        main.dataset.ready = 'fleet';
        failures = 0;
    } catch (error) {
        sayError(error);
        failures += 1;
    }
    timer = setTimeout(draw, Math.min(pause * 2 ** failures, most));
}

start(draw);
