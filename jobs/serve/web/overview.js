// The first page: can the numbers be trusted, what is under way, what comes next.
/* global add */
import {between, moment, number, span} from './format.js';
import {badge, card, grid, link, load, main} from './parts.js';
import {session} from './session.js';
import {timeLine} from './timeline.js';
import {t} from './words.js';

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

function trust(data, again) {
    const section = add(main, 'section', undefined, `card trust ${data.trust.level}`);
    section.id = 'trust';
    add(section, 'h1', t('trust'));
    add(section, 'p', t(data.trust.level));
    if (data.trust.reasons.length) {
        const list = add(section, 'ul');
        for (const reason of data.trust.reasons)
            add(list, 'li', session.russian ? reason.ru : reason.en);
    }
    const actions = add(section, 'div', undefined, 'actions');
    const begin = add(actions, 'button', t('syncNow'), 'main'),
          end = add(actions, 'button', t('stop')),
          note = add(actions, 'span', data.leading ? '' : t('standby'), 'soft');
    begin.type = end.type = 'button';
    note.setAttribute('role', 'status');
    begin.disabled = data.syncing || !data.leading;
    end.disabled = !data.syncing;
    begin.addEventListener('click', () => act('/api/sync', t('asked'), note, again));
    end.addEventListener('click', () => act('/api/stop', t('stopping'), note, again));
}

function freshness(parent, data) {
    const fresh = card(parent, t('fresh'));
    const age = row => td => {
        const seconds = row.as_of ? (new Date(data.now) - new Date(row.as_of)) / 1000 : Infinity;
        add(td, 'span', row.as_of ? `${span(seconds)} ${t('ago')}` : t('never'),
            'badge ' + (seconds > data.fresh_seconds ? 'red' : 'green'));
    };
    grid(fresh, data.trust.tables, [
        [t('table'), row => row.name], ['', age],
        [t('asOf'), row => row.as_of ? moment(row.as_of) : '']
    ]);
    add(fresh, 'p', `${t('within')} ${span(data.fresh_seconds)}`, 'small soft');
}

function gauge(parent, b) {
    const meter = add(parent, 'div', undefined, 'gauge');
    meter.setAttribute('role', 'meter');
    for (const [name, value] of [
             ['aria-valuemin', 0], ['aria-valuemax', b.limit], ['aria-valuenow', b.used],
             ['aria-label', t('budget')]])
        meter.setAttribute(name, value);
    const share = requests => `${100 * requests / b.limit}%`;
    const spent = add(meter, 'span', undefined, b.free === 0 ? 'full' : '');
    spent.style.width = share(Math.min(b.used, b.limit));
    add(meter, 'span', undefined, 'reserve').style.width =
        share(Math.min(b.reserve, Math.max(0, b.limit - b.used)));
}

function budget(parent, b) {
    const section = card(parent, t('budget'));
    gauge(section, b);
    add(section, 'p',
        `${b.used} ${t('of')} ${b.limit} ${t('used')} ${t('in')} ${b.window}; ${b.free} ${
            t('free')}; ${b.reserve} ${t('reserve')}`);
    if (b.more_at) add(section, 'p', `${t('moreAt')} ${moment(b.more_at, false)}`, 'small soft');
    const by = b.by.map(item => `${item.kind} ${item.answer || '—'} ${item.count}`).join(', ');
    if (by) add(section, 'p', `${t('spentOn')}: ${by}`, 'small soft');
}

function account(parent, certificate) {
    if (!certificate) return;
    const section = card(parent, t('certificate'));
    add(section, 'span', t(certificate.balanced ? 'balanced' : 'unbalanced'),
        'badge ' + (certificate.balanced ? 'green' : 'red'));
    add(section, 'p',
        `${number(certificate.rows)} ${t('rows')}: ${number(certificate.inserted)} ${
            t('inserted')}, ${number(certificate.changed)} ${t('changed')}`);
    const rejects = add(section, 'p');
    add(rejects, 'a', `${number(certificate.rejects)} ${t('rejected')}`).href =
        `#/rejects/${certificate.run_id}`;
    add(section, 'p', moment(certificate.made_at), 'small soft');
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
    const section = card(main, t('night')), run = data.data.run, now = data.now;
    if (!run) return void add(section, 'p', t('nothing'));
    const first = add(section, 'p');
    add(first, 'a', `${t('run')} ${run.id}`).href = `#/run/${run.id}`;
    add(first, 'span', ' ');
    badge(first, run.state);
    add(first, 'span',
        ` ${moment(run.started_at)} · ${run.requests} ${t('requests')} · ${
            between(run.started_at, run.finished_at || now)}`,
        'soft');
    if (!run.finished_at && run.doing) underWay(section, run, now);
    if (run.reason) add(section, 'p', run.reason, 'soft');
    timeLine(section, data, now);
}

function expected(parent, data) {
    grid(
        card(parent, `${t('expected')} · ${data.schedule}`), data.data.expected,
        [
            [t('due'), row => moment(row.due_at)], [t('job'), row => row.job],
            [t('state'), row => td => badge(td, row.state)],
            [t('run'), row => row.run_id ? link(row.run_id, `#/run/${row.run_id}`) : ''],
            [t('reason'), row => row.reason, 'text']
        ],
        t('none'));
}

function alerts(parent, list) {
    const standing = row => row.level !== 'event' && !row.recovered_at;
    const word = row => row.level === 'event' ? '·' : row.recovered_at ? t('over') : t('standing');
    grid(
        card(parent, t('alerts')), list,
        [
            [t('whenRaised'), row => moment(row.raised_at)],
            [
                '',
                row => td => add(td, 'span', word(row), 'badge ' + (standing(row) ? row.level : ''))
            ],
            [t('text'), row => session.russian ? row.text_ru : row.text_en, 'text']
        ],
        t('none'));
}

function writeBack(parent, push) {
    if (!push || push.to_send + push.to_read_back + push.confirmed + push.not_confirmed === 0)
        return;
    const section = card(parent, t('push'));
    add(section, 'p',
        `${push.to_send} ${t('toSend')}, ${push.to_read_back} ${t('toRead')}, ${push.confirmed} ${
            t('confirmed')}, ${push.not_confirmed} ${t('notConfirmed')}`);
    add(add(section, 'p'), 'a', t('push')).href = '#/push';
}

// `again(ms)`: draws the page anew after that time.
export function overview(data, again) {
    session.zone = data.zone;
    session.csrf = data.csrf;
    trust(data, again);
    const columns = add(main, 'div', undefined, 'grid');
    freshness(columns, data);
    budget(columns, data.budget);
    account(columns, data.data.certificate);
    night(data);
    const below = add(main, 'div', undefined, 'grid');
    expected(below, data);
    alerts(below, data.data.alerts);
    writeBack(below, data.data.push);
    document.getElementById('foot').textContent =
        `${data.school} · ${t('zone')} ${data.zone} · ${moment(data.now, false)}`;
    const run = data.data.run;
    again(data.syncing || (run && !run.finished_at) ? 2000 : 15000);
}
