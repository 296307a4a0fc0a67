// The state of the mirror: the answer first, then what it stands on, what is under way, what comes
// next.
/* global add */
import {between, moment, number, span} from './format.js';
import {nights} from './nights.js';
import {badge, card, grid, link, load, main, meter} from './parts.js';
import {session} from './session.js';
import {timeLine} from './timeline.js';
import {resource, t} from './words.js';

async function act(path, message, note, again) {
    try {
        await load(path, {method: 'POST', headers: {'X-CSRF-Token': session.csrf}});
        note.textContent = message;
        note.className = 'soft';
    } catch (error) {
        note.textContent = error.message;
        note.className = 'error';
    }
    again(1500);
}

// The oldest of the tables' moments: the numbers are as of then.
export function asOf(data) {
    const moments = data.trust.tables.map(table => table.as_of);
    return moments.length && moments.every(Boolean) ? moments.sort()[0] : null;
}
const next = data => (data.data.expected || []).findLast(row => row.state === 'expected')?.due_at;

export const unread = data => data.trust.level === 'unread';

function actions(section, data, again) {
    const box = add(section, 'div', undefined, 'actions');
    const begin = add(box, 'button', t(unread(data) ? 'startNow' : 'syncNow'), 'main'),
          end = add(box, 'button', t('stop')),
          note = add(box, 'span', data.leading ? '' : t('standby'), 'soft');
    begin.type = end.type = 'button';
    note.setAttribute('role', 'status');
    begin.disabled = data.syncing || !data.leading;
    end.disabled = !data.syncing;
    begin.addEventListener('click', () => act('/api/sync', t('asked'), note, again));
    end.addEventListener('click', () => act('/api/stop', t('stopping'), note, again));
}

let newsOpen = false;  // stays as it is when the page is drawn anew
function trust(data, again) {
    const section = add(main, 'section', undefined, `card trust ${data.trust.level}`);
    section.id = 'trust';
    add(section, 'h1', t(data.trust.level));
    const due = next(data), lead = [];
    if (asOf(data)) lead.push(`${t('numbersOf')} ${moment(asOf(data))}`);
    if (data.first)
        lead.push(`${t('costs')} ${Math.ceil(data.first.requests)}, ${t('about')} ${
            span(data.first.seconds)}`);
    if (due) lead.push(`${t('nextNight')} ${moment(due)}`);
    if (lead.length) add(section, 'p', lead.join(' · '), 'lead');
    const said = (parent, reasons) => {
        const list = add(parent, 'ul');
        for (const reason of reasons) add(list, 'li', session.russian ? reason.ru : reason.en);
    };
    // what is only news does not speak of the numbers
    const isNews = reason => reason.level === 'event';
    const news = data.trust.reasons.filter(isNews),
          reasons = data.trust.reasons.filter(reason => !isNews(reason));
    if (reasons.length) said(section, reasons);
    if (news.length) {
        const more = add(section, 'details');
        more.open = newsOpen;
        more.addEventListener('toggle', () => newsOpen = more.open);
        add(more, 'summary', `${t('happened')}: ${news.length}`);
        said(more, news);
    }
    actions(section, data, again);
}

function freshness(parent, data) {
    const fresh = card(parent, t('fresh')), list = add(fresh, 'ul', undefined, 'facts');
    for (const row of data.trust.tables) {
        const item = add(list, 'li'), old = (new Date(data.now) - new Date(row.as_of)) / 1000;
        add(item, 'span', resource(row.name));
        add(item, 'span', row.as_of ? `${span(old)} ${t('ago')}` : t('never'),
            'badge ' + (!row.as_of || old > data.fresh_seconds ? 'red' : 'green'));
    }
    add(fresh, 'p', `${t('within')} ${span(data.fresh_seconds)}`, 'small soft');
}

function gauge(parent, b) {
    const shown = meter(parent, b.limit, b.used, t('budget'));
    const share = requests => `${100 * requests / b.limit}%`;
    const spent = add(shown, 'span', undefined, b.free === 0 ? 'full' : '');
    spent.style.width = share(Math.min(b.used, b.limit));
    add(shown, 'span', undefined, 'reserve').style.width =
        share(Math.min(b.reserve, Math.max(0, b.limit - b.used)));
}

function budget(parent, b) {
    const section = card(parent, t('budget'));
    gauge(section, b);
    add(section, 'p',
        `${t('used')} ${number(b.used)} ${t('of')} ${number(b.limit)} ${t('in')} ${
            windowWords(b.window)}`);
    add(section, 'p', `${t('free')} ${number(b.free)}, ${t('reserve')} ${number(b.reserve)}`);
    if (b.more_at) add(section, 'p', `${t('moreAt')} ${moment(b.more_at, false)}`, 'small soft');
}
// "2h" in the reader's words.
function windowWords(text) {
    const units = {s: 1, m: 60, h: 3600, d: 86400},
          [, count, unit] = /^(\d+)(\w)$/.exec(text) || [];
    return count ? span(Number(count) * units[unit]) : text;
}

function account(parent, certificate) {
    if (!certificate) return;
    const section = card(parent, t('certificate')), list = add(section, 'ul', undefined, 'facts');
    const fact = (name, value) => {
        const item = add(list, 'li');
        add(item, 'span', name);
        return add(item, 'span', value);
    };
    fact(moment(certificate.made_at), t(certificate.balanced ? 'balanced' : 'unbalanced'))
        .className = 'badge ' + (certificate.balanced ? 'green' : 'red');
    fact(t('rowsRead'), number(certificate.rows));
    fact(t('inserted'), number(certificate.inserted));
    fact(t('changed'), number(certificate.changed));
    const rejects = fact(t('rejected'));
    if (Number(certificate.rejects) > 0)
        add(rejects, 'a', number(certificate.rejects)).href = `#/rejects/${certificate.run_id}`;
    else
        rejects.textContent = '0';
}

function underWay(parent, run, now) {
    const doing = add(parent, 'p', `${t('now')}: ${run.doing}`);
    doing.id = 'doing';
    if (!run.expected_seconds) return;
    const finish = new Date(+new Date(run.started_at) + 1000 * run.expected_seconds);
    add(parent, 'p',
        finish > new Date(now) ? `${t('finish')} ${moment(finish.toISOString(), false)}` :
                                 `${t('longer')} (${span(run.expected_seconds)})`,
        'soft');
}

function night(data) {
    const run = data.data.run, now = data.now;
    if (!run) return;
    const section = card(main, t('night')), first = add(section, 'p');
    add(first, 'a', `${t('run')} ${run.id}`).href = `#/run/${run.id}`;
    add(first, 'span', ' ');
    badge(first, run.state);
    const rows = (data.data.line || []).reduce((sum, item) => sum + Number(item.rows || 0), 0);
    add(first, 'span',
        [
            '', moment(run.started_at), between(run.started_at, run.finished_at || now),
            `${number(run.requests)} ${t('requestsOf')}`, `${number(rows)} ${t('rowsOf')}`
        ].join(' · '),
        'soft');
    if (!run.finished_at && run.doing) underWay(section, run, now);
    timeLine(section, data, now);
}

// What the schedule asked for and did not get; what it got is among the nights.
function expected(parent, data) {
    const odd = (data.data.expected ||
                 []).filter(row => ['skipped', 'missed', 'died', 'failed'].includes(row.state));
    if (odd.length === 0) return;
    grid(card(parent, t('expected')), odd, [
        [t('due'), row => moment(row.due_at)], [t('state'), row => td => badge(td, row.state)],
        [t('run'), row => row.run_id ? link(row.run_id, `#/run/${row.run_id}`) : ''],
        [t('reason'), row => row.reason, 'text']
    ]);
}

// What happened lately; what stands is said above, once.
function alerts(parent, data) {
    const said = new Set(data.trust.reasons.map(reason => `${reason.code} ${reason.about}`));
    const week = new Date(data.now) - 7 * 864e5;
    const list =
        (data.data.alerts || [])
            .filter(row => !said.has(`${row.code} ${row.about}`) && new Date(row.raised_at) > week)
            .slice(0, 8);
    if (list.length === 0) return;
    const items = add(card(parent, t('alerts')), 'ul', undefined, 'facts');
    for (const row of list) {
        const item = add(items, 'li');
        add(item, 'span', session.russian ? row.text_ru : row.text_en);
        add(item, 'span',
            [
                moment(row.raised_at),
                row.level === 'event' ? '' : t(row.recovered_at ? 'over' : 'standing')
            ].filter(Boolean)
                .join(' · '),
            'small soft');
    }
}

function writeBack(parent, push) {
    if (!push || push.to_send + push.to_read_back + push.confirmed + push.not_confirmed === 0)
        return;
    const section = card(parent, t('push')), list = add(section, 'ul', undefined, 'facts');
    for (const [name, value] of [
             [t('toSend'), push.to_send], [t('toRead'), push.to_read_back],
             [t('confirmed'), push.confirmed], [t('notConfirmed'), push.not_confirmed]]) {
        const item = add(list, 'li');
        add(item, 'span', name);
        add(item, 'span', number(value));
    }
    add(add(section, 'p'), 'a', t('pushAll')).href = '#/push';
}

// `again(ms)`: draws the page anew after that time.
export function overview(data, again) {
    session.csrf = data.csrf;  // of the service that runs now, which may have been started again
    trust(data, again);
    night(data);
    if (!unread(data)) {
        nights(main, data);
        const columns = add(main, 'div', undefined, 'grid');
        freshness(columns, data);
        account(columns, data.data.certificate);
        budget(columns, data.budget);
        expected(columns, data);
        alerts(columns, data);
        writeBack(columns, data.data.push);
    }
    document.getElementById('foot').textContent =
        `${data.school} · ${t('zone')} ${data.zone} · ${moment(data.now, false)}`;
    const run = data.data.run;
    again(data.syncing || (run && !run.finished_at) ? 2000 : 15000);
}
