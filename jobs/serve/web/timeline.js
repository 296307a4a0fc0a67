// Exports of the newest run as bars over time: waiting, being built, received, loaded; with an
// axis, the step of each and its rows.
/* global add */
import {dayOf, moment, number} from './format.js';
import {resource, said, state, t} from './words.js';

const refused = ['refused', 'failed', 'unclear', 'no_file'];

// [colour, from, to] of one export.
function pieces(item, run, now) {
    const end = run.finished_at || now, parts = [];
    const bad = refused.includes(item.state);
    const started = item.started_at || (bad ? item.intended_at : end);
    parts.push(['wait', item.intended_at, started]);
    if (bad) return [...parts, ['bad', started, item.received_at || started]];
    if (!item.started_at) return parts;
    parts.push(['build', started, item.received_at || end]);
    if (!item.received_at) return parts;
    // what has come waits for the others: all tables appear together
    parts.push(['idle', item.received_at, item.loaded_at || end]);
    if (item.loaded_at) parts.push(['load', item.loaded_at, item.loaded_at]);
    return parts;
}

function axis(box, begin, total) {
    add(box, 'span');
    const line = add(box, 'span', undefined, 'axis'), steps = innerWidth < 640 ? 2 : 4;
    for (let i = 0; i <= steps; ++i) {
        const at = new Date(begin.getTime() + total * i / steps);
        add(line, 'span', moment(at.toISOString(), false)).style.left = `${100 * i / steps}%`;
    }
    add(box, 'span');
}

export function timeLine(parent, data, now) {
    const line = data.data.line, run = data.data.run;
    if (!line || line.length === 0) return;
    const begin = new Date(run.started_at), end = new Date(run.finished_at || now),
          total = Math.max(end - begin, 1),
          at = value => Math.min(100, Math.max(0, 100 * (new Date(value) - begin) / total));
    const box = add(parent, 'div', undefined, 'line');
    for (const item of line) {
        const label =
            [resource(item.resource), said('filter', item.filter)].filter(Boolean).join(' ');
        const days =
            item.from_day ? `${dayOf(item.from_day, true)} – ${dayOf(item.to_day, true)}` : '';
        add(box, 'span', label, 'name').title = `${label} ${days}`;
        const track = add(box, 'span', undefined, 'track');
        const words = `${label}: ${state(item.state)}, ${number(item.rows)} ${t('rowsOf')}`;
        track.setAttribute('role', 'img');
        track.setAttribute('aria-label', words);
        track.title =
            [words, `${item.polls} ${t('polls')}`, item.reason].filter(Boolean).join(' · ');
        for (const [colour, from, to] of pieces(item, run, now)) {
            const bar = add(track, 'i', undefined, colour);
            const width = colour === 'load' ? 1 : at(to) - at(from);
            bar.style.left = `${Math.min(at(from), 100 - width)}%`;
            bar.style.width = `${width}%`;
        }
        add(box, 'span', item.rows > 0 ? `${number(item.rows)} ${t('rowsOf')}` : state(item.state),
            'end');
    }
    axis(box, begin, total);
    const legend = add(parent, 'p', undefined, 'legend small soft');
    for (const [colour, key] of [
             ['wait', 'waiting'], ['build', 'building'], ['idle', 'received'], ['load', 'loaded'],
             ['bad', 'notLoaded']]) {
        const item = add(legend, 'span');
        add(item, 'i', undefined, colour);
        add(item, 'span', t(key));
    }
}
