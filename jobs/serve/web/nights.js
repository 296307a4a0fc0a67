// The nights of the last 60 days as bars: their colour is how they ended, their height how long
// they took.
/* global add */
import {between, dayOf, number, span} from './format.js';
import {card} from './parts.js';
import {state, t, tone} from './words.js';

const kinds = {
    green: 'good',
    amber: 'some',
    red: 'bad'
};
const seconds = night =>
    night.finished_at ? (new Date(night.finished_at) - new Date(night.started_at)) / 1000 : 0;

// The class of a night's bar: how it ended.
export const kindOf = ended => ended === 'running' ? 'now' : kinds[tone(ended)] || 'some';

// The square root lets a quiet night be seen beside a first load.
export const rise = (shown, took, longest) => shown.style.setProperty(
    '--share', Math.round(18 + 82 * Math.sqrt(took / Math.max(1, longest))));

function bar(parent, day, night, longest) {
    const item = add(parent, 'li');
    if (!night) {
        const gap = add(item, 'span');
        gap.title = `${day}: ${t('noRun')}`;
        return;
    }
    const shown = add(item, night.id ? 'a' : 'span', undefined, kindOf(night.state));
    const took = night.finished_at ? between(night.started_at, night.finished_at) : '';
    const words = [
        day, state(night.state), took, night.rows ? `${number(night.rows)} ${t('rowsOf')}` : ''
    ].filter(Boolean).join(', ');
    shown.title = words;
    rise(shown, seconds(night), longest);
    if (!night.id) return;
    shown.href = `#/run/${night.id}`;
    shown.setAttribute('aria-label', words);
    shown.tabIndex = -1;  // sixty stops would be in the way; the page of runs has them all
}

export function nights(parent, data) {
    const all = data.data.nights || [], section = card(parent, t('nights'));
    section.id = 'nights';
    const byDay = new Map(all.map(night => [night.day, night]));
    const longest = Math.max(1, ...all.map(seconds));
    const list = add(section, 'ol', undefined, 'nights');
    const today = Date.parse(dayOf(data.now) + 'T00:00:00Z');
    for (let back = 59; back >= 0; --back) {
        const day = new Date(today - back * 864e5).toISOString().slice(0, 10);
        bar(list, dayOf(day, true), byDay.get(day), longest);
    }
    const ends = add(section, 'p', undefined, 'ends small soft');
    add(ends, 'span', dayOf(new Date(today - 59 * 864e5).toISOString().slice(0, 10), true));
    add(ends, 'span', t('today'));
    const count = kind => all.filter(night => kinds[tone(night.state)] === kind).length;
    const summary = add(section, 'p', undefined, 'small');
    add(summary, 'span',
        [
            `${t('nightsGood')}: ${count('good')}`, `${t('nightsSome')}: ${count('some')}`,
            `${t('nightsBad')}: ${count('bad')}`, `${t('nightsLongest')}: ${span(longest)}`
        ].join(' · ') +
            '. ');
    add(summary, 'a', t('allRuns')).href = '#/runs';
}
