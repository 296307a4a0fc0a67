// Exports of the newest run as bars over time.
/* global add */
import {number} from './format.js';
import {state, t} from './words.js';

const bars = (parent, class_, left, width) => {
    const bar = add(parent, 'i', undefined, class_);
    bar.style.left = `${left}%`;
    bar.style.width = `${width}%`;
    return bar;
};

export function timeLine(parent, data, now) {
    const line = data.data.line, run = data.data.run;
    if (!line || line.length === 0) return;
    const begin = new Date(run.started_at), end = new Date(run.finished_at || now),
          total = Math.max(end - begin, 1),
          at = value => Math.min(100, Math.max(0, 100 * (new Date(value) - begin) / total));
    const box = add(parent, 'div', undefined, 'line');
    for (const item of line) {
        const label = [item.resource, item.filter].filter(Boolean).join(' ');
        add(box, 'span', label, 'name').title =
            `${label} ${item.from_day || ''}..${item.to_day || ''}`;
        const track = add(box, 'span', undefined, 'track');
        track.setAttribute('role', 'img');
        track.setAttribute(
            'aria-label', `${label}: ${state(item.state)}, ${number(item.rows)} ${t('rows')}`);
        track.title = `${state(item.state)} · ${number(item.rows)} ${t('rows')} · ${item.polls} ${
            t('polls')}`;
        const started = item.started_at || item.intended_at,
              ready = item.received_at || (run.finished_at || now),
              loaded = item.loaded_at || (item.received_at ? run.finished_at || now : ready);
        bars(track, 'wait', at(item.intended_at), at(started) - at(item.intended_at));
        bars(track, 'build', at(started), at(ready) - at(started));
        if (item.received_at)
            bars(track, 'load', at(item.received_at), at(loaded) - at(item.received_at));
    }
    const legend = add(parent, 'p', undefined, 'legend small soft');
    for (const [class_, key] of [['wait', 'waiting'], ['build', 'building'], ['load', 'loading']]) {
        const item = add(legend, 'span');
        add(item, 'i', undefined, class_);
        add(item, 'span', t(key));
    }
}
