// The dashboard: pages by hash, each drawn from one JSON of the service. Everything is put in as
// text, never as markup.
'use strict';
const words = {
    overview: ['Overview', 'Обзор'], runs: ['Runs', 'Запуски'], rejects: ['Rejects', 'Не прочитано'], fields: ['Fields', 'Поля'], reports: ['Reports', 'Отчёты'], push: ['Write-back', 'Отправка'],
    trust: ['Can I trust today\'s numbers?', 'Можно ли верить сегодняшним числам?'],
    green: ['Yes. Everything is fresh and balanced.', 'Да. Всё свежее и сходится.'], amber: ['Mostly. See below.', 'В основном да. Подробности ниже.'], red: ['No. See why below.', 'Нет. Причины ниже.'],
    fresh: ['Freshness', 'Свежесть'], budget: ['Budget of requests', 'Бюджет запросов'], used: ['used', 'израсходовано'], free: ['free', 'свободно'], reserve: ['left for other tools', 'оставлено другим программам'],
    moreAt: ['the next becomes free at', 'следующий освободится в'], spentOn: ['Spent on', 'На что ушло'], night: ['The newest run', 'Последний запуск'], now: ['now', 'сейчас'], longer: ['takes longer than planned', 'идёт дольше, чем планировалось'], finish: ['about done at', 'закончит примерно в'],
    waiting: ['waiting for its turn', 'ожидание очереди'], building: ['being built', 'готовится'], loading: ['received until loaded', 'получено, загрузка'], expected: ['By the schedule', 'По расписанию'],
    due: ['due', 'срок'], state: ['state', 'состояние'], reason: ['reason', 'причина'], run: ['run', 'запуск'], job: ['job', 'задание'], started: ['started', 'начало'], took: ['took', 'длительность'], requests: ['requests', 'запросов'],
    rows: ['rows', 'строк'], inserted: ['inserted', 'новых'], changed: ['changed', 'изменено'], rejected: ['rejects', 'не прочитано'], certificate: ['The last account', 'Последняя сверка'], balanced: ['balances', 'сходится'],
    unbalanced: ['does not balance', 'не сходится'], syncNow: ['Sync now', 'Запустить сейчас'], stop: ['Stop the run', 'Остановить'], asked: ['Asked for; it begins in a moment.', 'Принято, сейчас начнётся.'], stopping: ['It will stop; nothing is lost.', 'Останавливается, ничего не потеряется.'],
    standby: ['Another instance leads; this one waits.', 'Работает другой экземпляр, этот ждёт.'], alerts: ['Alerts', 'Оповещения'], standing: ['standing', 'не устранено'], over: ['over', 'устранено'], none: ['None.', 'Нет.'],
    never: ['never', 'никогда'], ago: ['ago', 'назад'], within: ['wanted within', 'нужно не старше'], why: ['why', 'почему'], answer: ['answer', 'ответ'], what: ['what', 'что'], sent: ['sent', 'отправлен'], table: ['table', 'таблица'],
    heading: ['heading', 'заголовок'], raw: ['as received', 'как получено'], row: ['row', 'строка'], key: ['key', 'ключ'], aside: ['row left out', 'строка отложена'], field: ['field', 'поле'], column: ['column', 'столбец'], type: ['type', 'тип'], since: ['since', 'с'],
    layouts: ['Layouts that changed', 'Изменения состава столбцов'], added: ['added', 'появились'], gone: ['gone', 'пропали'], custom: ['Custom fields', 'Дополнительные поля'], from: ['from', 'с'], to: ['to', 'по'], by: ['by', 'по'], show: ['Show', 'Показать'],
    day: ['day', 'дням'], week: ['week', 'неделям'], month: ['month', 'месяцам'], asOf: ['state of', 'состояние на'], plan: ['plan', 'план'], name: ['name', 'название'], made: ['made', 'составлен'], approved: ['approved by', 'утвердил'],
    toSend: ['to send', 'к отправке'], toRead: ['to read back', 'ждут проверки'], confirmed: ['confirmed', 'подтверждено'], notConfirmed: ['not confirmed', 'не подтверждено'], verdict: ['verdict', 'итог'], change: ['change', 'изменение'], refused: ['refused', 'отклонено'],
    lost: ['The service does not answer', 'Сервис не отвечает'], nothing: ['Nothing was mirrored yet: run gcmirror sync.', 'Данных ещё нет: запустите gcmirror sync.'], zone: ['times in', 'время'], skip: ['To the content', 'К содержанию'], exports: ['Exports', 'Выгрузки'],
    polls: ['polls', 'проверок'], window: ['window', 'окно'], empty: ['No rows.', 'Строк нет.'], level: ['level', 'важность'], text: ['what happened', 'что случилось'], whenRaised: ['seen', 'замечено'], of: ['of', 'из'], in: ['within', 'за']
};
const states = {
    done: ['done', 'готово'],
    amber: ['done with rejects', 'готово, есть непрочитанное'],
    partial: ['partial', 'не полностью'],
    postponed: ['postponed', 'отложено'],
    failed: ['failed', 'ошибка'],
    stopped: ['stopped', 'остановлено'],
    died: ['died', 'прервано'],
    running: ['running', 'идёт'],
    rolled_back: ['rolled back', 'откатено'],
    expected: ['expected', 'ожидается'],
    started: ['started', 'началось'],
    skipped: ['skipped', 'пропущено'],
    missed: ['missed', 'не состоялось'],
    loaded: ['loaded', 'загружено'],
    received: ['received', 'получено'],
    waiting: ['waiting', 'ожидание'],
    intended: ['intended', 'задумано'],
    refused: ['refused', 'отклонено'],
    unclear: ['unclear', 'неясно'],
    late: ['late', 'опаздывает'],
    no_file: ['no file', 'без файла'],
    planned: ['planned', 'составлен'],
    approved: ['approved', 'утверждён'],
    cancelled: ['cancelled', 'отменён'],
    expired: ['expired', 'просрочен'],
    sending: ['sending', 'отправляется'],
    written: ['written', 'записано'],
    confirmed: ['confirmed', 'подтверждено'],
    contradicted: ['contradicted', 'не подтвердилось']
};
const tones = {
    done: 'green',
    loaded: 'green',
    confirmed: 'green',
    running: 'amber',
    started: 'amber',
    amber: 'amber',
    partial: 'amber',
    postponed: 'amber',
    stopped: 'amber',
    skipped: 'amber',
    unclear: 'amber',
    late: 'amber',
    written: 'amber',
    expired: 'amber',
    failed: 'red',
    died: 'red',
    missed: 'red',
    refused: 'red',
    contradicted: 'red'
};
let russian =
    (localStorage.getItem('gcmirror.lang') || (navigator.language || 'en').slice(0, 2)) === 'ru';
let zone = 'UTC', csrf = '', timer = 0, shown = '';
const t = key => words[key][russian ? 1 : 0];
const state = name => states[name] ? states[name][russian ? 1 : 0] : name;
const main = document.getElementById('main');
const pages = ['overview', 'runs', 'rejects', 'fields', 'reports', 'push'];

const moment = (value, date = true) => value ?
    new Intl
        .DateTimeFormat(russian ? 'ru-RU' : 'en-GB', {
            timeZone: zone,
            ...(date ? {day: '2-digit', month: '2-digit', year: 'numeric'} : {}),
            hour: '2-digit',
            minute: '2-digit',
            second: date ? undefined : '2-digit'
        })
        .format(new Date(value)) :
    '';
const number = value =>
    value === null || value === undefined ? '' : grouped(String(value), russian);
function span(seconds) {
    if (seconds < 0) seconds = 0;
    const unit = russian ? ['с', 'мин', 'ч', 'дн.'] : ['s', 'min', 'h', 'd'];
    if (seconds < 100) return `${Math.round(seconds)} ${unit[0]}`;
    if (seconds < 6000) return `${Math.round(seconds / 60)} ${unit[1]}`;
    return seconds < 172800 ? `${Math.round(seconds / 3600)} ${unit[2]}` :
                              `${Math.round(seconds / 86400)} ${unit[3]}`;
}
const between = (a, b) => a && b ? span((new Date(b) - new Date(a)) / 1000) : '';
const badge = (parent, name) => add(parent, 'span', state(name), 'badge ' + (tones[name] || ''));

// One table: columns are [title, cell(row) -> text | function(td), kind].
function grid(parent, rows, columns, empty = t('empty')) {
    if (!rows || rows.length === 0) return void add(parent, 'p', empty, 'soft');
    const element = add(add(parent, 'div', undefined, 'scroll plain'), 'table'),
          top = add(add(element, 'thead'), 'tr'), body = add(element, 'tbody');
    for (const [title, , kind] of columns)
        add(top, 'th', title, kind === 'number' ? 'number' : '').scope = 'col';
    for (const row of rows) {
        const line = add(body, 'tr');
        for (const [, cell, kind] of columns) {
            const value = cell(row),
                  td = add(line, 'td', typeof value === 'function' ? undefined : value, kind || '');
            if (typeof value === 'function') value(td);
        }
    }
}
const card = (parent, title) => {
    const section = add(parent, 'section', undefined, 'card');
    if (title) add(section, 'h2', title);
    return section;
};
const link = (text, href) => td => {
    add(td, 'a', text).href = href;
};

async function load(path, options) {
    const response = await fetch(path, {credentials: 'same-origin', ...options});
    const body = await response.json();
    if (!response.ok) throw new Error(body.error || response.statusText);
    return body;
}

const bars = (parent, class_, left, width) => {
    const bar = add(parent, 'i', undefined, class_);
    bar.style.left = `${left}%`;
    bar.style.width = `${width}%`;
    return bar;
};

function timeLine(parent, data, now) {
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

async function act(path, message, note) {
    try {
        await load(path, {method: 'POST', headers: {'X-CSRF-Token': csrf}});
        note.textContent = message;
        note.className = 'soft';
    } catch (error) {
        note.textContent = error.message;
        note.className = 'error';
    }
    clearTimeout(timer);
    timer = setTimeout(draw, 1500);
}

function overview(data) {
    zone = data.zone;
    csrf = data.csrf;
    const now = data.now, trust = add(main, 'section', undefined, `card trust ${data.trust.level}`);
    trust.id = 'trust';
    add(trust, 'h1', t('trust'));
    add(trust, 'p', t(data.trust.level));
    const reasons = data.trust.reasons;
    if (reasons.length) {
        const list = add(trust, 'ul');
        for (const reason of reasons) add(list, 'li', russian ? reason.ru : reason.en);
    }
    const actions = add(trust, 'div', undefined, 'actions');
    const begin = add(actions, 'button', t('syncNow'), 'main'),
          end = add(actions, 'button', t('stop')),
          note = add(actions, 'span', data.leading ? '' : t('standby'), 'soft');
    begin.type = end.type = 'button';
    note.setAttribute('role', 'status');
    begin.disabled = data.syncing || !data.leading;
    end.disabled = !data.syncing;
    begin.addEventListener('click', () => act('/api/sync', t('asked'), note));
    end.addEventListener('click', () => act('/api/stop', t('stopping'), note));

    const columns = add(main, 'div', undefined, 'grid');
    const fresh = card(columns, t('fresh'));
    grid(fresh, data.trust.tables, [
        [t('table'), row => row.name],
        [
            '',
            row => td => {
                const age = row.as_of ? (new Date(now) - new Date(row.as_of)) / 1000 : Infinity;
                add(td, 'span', row.as_of ? `${span(age)} ${t('ago')}` : t('never'),
                    'badge ' + (age > data.fresh_seconds ? 'red' : 'green'));
            }
        ],
        [t('asOf'), row => row.as_of ? moment(row.as_of) : '']
    ]);
    add(fresh, 'p', `${t('within')} ${span(data.fresh_seconds)}`, 'small soft');

    const budget = card(columns, t('budget')), gauge = add(budget, 'div', undefined, 'gauge'),
          b = data.budget;
    gauge.setAttribute('role', 'meter');
    for (const [name, value] of [
             ['aria-valuemin', 0], ['aria-valuemax', b.limit], ['aria-valuenow', b.used],
             ['aria-label', t('budget')]])
        gauge.setAttribute(name, value);
    const spent = add(gauge, 'span', undefined, b.free === 0 ? 'full' : '');
    spent.style.width = `${100 * Math.min(b.used, b.limit) / b.limit}%`;
    add(gauge, 'span', undefined, 'reserve').style.width =
        `${100 * Math.min(b.reserve, Math.max(0, b.limit - b.used)) / b.limit}%`;
    add(budget, 'p',
        `${b.used} ${t('of')} ${b.limit} ${t('used')} ${t('in')} ${b.window}; ${b.free} ${
            t('free')}; ${b.reserve} ${t('reserve')}`);
    if (b.more_at) add(budget, 'p', `${t('moreAt')} ${moment(b.more_at, false)}`, 'small soft');
    if (b.by.length)
        add(budget, 'p',
            `${t('spentOn')}: ${
                b.by.map(item => `${item.kind} ${item.answer || '—'} ${item.count}`).join(', ')}`,
            'small soft');

    const certificate = data.data.certificate;
    if (certificate) {
        const account = card(columns, t('certificate'));
        add(account, 'span', t(certificate.balanced ? 'balanced' : 'unbalanced'),
            'badge ' + (certificate.balanced ? 'green' : 'red'));
        add(account, 'p',
            `${number(certificate.rows)} ${t('rows')}: ${number(certificate.inserted)} ${
                t('inserted')}, ${number(certificate.changed)} ${t('changed')}`);
        const rejects = add(account, 'p');
        add(rejects, 'a', `${number(certificate.rejects)} ${t('rejected')}`).href =
            `#/rejects/${certificate.run_id}`;
        add(account, 'p', moment(certificate.made_at), 'small soft');
    }

    const night = card(main, t('night')), run = data.data.run;
    if (!run)
        add(night, 'p', t('nothing'));
    else {
        const first = add(night, 'p');
        add(first, 'a', `${t('run')} ${run.id}`).href = `#/run/${run.id}`;
        add(first, 'span', ' ');
        badge(first, run.state);
        add(first, 'span',
            ` ${moment(run.started_at)} · ${run.requests} ${t('requests')} · ${
                run.finished_at ? between(run.started_at, run.finished_at) :
                                  between(run.started_at, now)}`,
            'soft');
        if (!run.finished_at && run.doing) {
            const doing = add(night, 'p', `${t('now')}: ${run.doing}`);
            doing.id = 'doing';
            const finish = new Date(+new Date(run.started_at) + 1000 * run.expected_seconds);
            if (run.expected_seconds)
                add(night, 'p',
                    finish > new Date(now) ?
                        `${t('finish')} ${moment(finish.toISOString(), false)}` :
                        `${t('longer')} (${span(run.expected_seconds)})`,
                    'soft');
        }
        if (run.reason) add(night, 'p', run.reason, 'soft');
        timeLine(night, data, now);
    }

    const below = add(main, 'div', undefined, 'grid');
    grid(
        card(below, `${t('expected')} · ${data.schedule}`), data.data.expected,
        [
            [t('due'), row => moment(row.due_at)], [t('state'), row => td => badge(td, row.state)],
            [t('run'), row => row.run_id ? link(row.run_id, `#/run/${row.run_id}`) : ''],
            [t('reason'), row => row.reason, 'text']
        ],
        t('none'));
    grid(
        card(below, t('alerts')), data.data.alerts,
        [
            [t('whenRaised'), row => moment(row.raised_at)],
            [
                '',
                row => td =>
                    add(td, 'span',
                        row.level === 'event' ? '·' :
                            row.recovered_at  ? t('over') :
                                                t('standing'),
                        'badge ' + (row.level === 'event' || row.recovered_at ? '' : row.level))
            ],
            [t('text'), row => russian ? row.text_ru : row.text_en, 'text']
        ],
        t('none'));
    const push = data.data.push;
    if (push && push.to_send + push.to_read_back + push.confirmed + push.not_confirmed > 0) {
        const box = card(below, t('push'));
        add(box, 'p',
            `${push.to_send} ${t('toSend')}, ${push.to_read_back} ${t('toRead')}, ${
                push.confirmed} ${t('confirmed')}, ${push.not_confirmed} ${t('notConfirmed')}`);
        add(add(box, 'p'), 'a', t('push')).href = '#/push';
    }
    document.getElementById('foot').textContent =
        `${data.school} · ${t('zone')} ${zone} · ${moment(now, false)}`;
    timer = setTimeout(draw, data.syncing || (run && !run.finished_at) ? 2000 : 15000);
}

function runs(list) {
    add(main, 'h1', t('runs'));
    grid(card(main), list, [
        [t('run'), row => link(row.id, `#/run/${row.id}`)], [t('job'), row => row.job],
        [t('state'), row => td => badge(td, row.state)],
        [t('started'), row => moment(row.started_at)],
        [t('took'), row => between(row.started_at, row.finished_at), 'number'],
        [t('requests'), row => number(row.requests), 'number'],
        [t('rows'), row => number(row.rows), 'number'],
        [t('inserted'), row => number(row.inserted), 'number'],
        [t('changed'), row => number(row.changed), 'number'],
        [
            t('rejected'),
            row => row.rejects > 0 ? link(number(row.rejects), `#/rejects/${row.id}`) :
                                     number(row.rejects),
            'number'
        ],
        [t('reason'), row => row.reason || '', 'text']
    ]);
}

function oneRun(data) {
    const run = data.run;
    add(main, 'h1', `${t('run')} ${run.id}`);
    const first = add(main, 'p');
    badge(first, run.state);
    add(first, 'span',
        ` ${run.job} · ${moment(run.started_at)} · ${between(run.started_at, run.finished_at)}`,
        'soft');
    if (run.reason) add(main, 'p', run.reason);
    grid(card(main, t('exports')), data.exports, [
        [t('what'), row => [row.resource, row.filter].filter(Boolean).join(' ')],
        [t('window'), row => row.from_day ? `${row.from_day}..${row.to_day}` : ''],
        [t('state'), row => td => badge(td, row.state)],
        [t('took'), row => between(row.started_at, row.received_at), 'number'],
        [t('polls'), row => number(row.polls), 'number'],
        [t('rows'), row => number(row.rows), 'number'], [t('reason'), row => row.reason, 'text']
    ]);
    if (data.certificates)
        grid(card(main, t('certificate')), data.certificates, [
            [t('table'), row => row.table_name], [t('rows'), row => number(row.rows), 'number'],
            [t('inserted'), row => number(row.inserted), 'number'],
            [t('changed'), row => number(row.changed), 'number'],
            [t('rejected'), row => number(row.rejects), 'number'],
            [
                '',
                row => td =>
                    add(td, 'span', t(row.balanced ? 'balanced' : 'unbalanced'),
                        'badge ' + (row.balanced ? 'green' : 'red'))
            ]
        ]);
    grid(card(main, t('requests')), data.requests, [
        ['#', row => row.id], [t('sent'), row => moment(row.sent_at, false)],
        [t('what'), row => row.what, 'text'], [t('why'), row => row.why, 'text'],
        [
            t('answer'), row => [row.answer, row.code || '', row.message].filter(Boolean).join(' '),
            'text'
        ],
        [t('rows'), row => row.rows ? number(row.rows) : '', 'number']
    ]);
}

function rejects(list) {
    add(main, 'h1', t('rejects'));
    grid(
        card(main), list,
        [
            [t('run'), row => link(row.run_id, `#/run/${row.run_id}`)],
            [t('table'), row => row.table_name], [t('row'), row => number(row.row_no), 'number'],
            [t('key'), row => row.row_key], [t('heading'), row => row.heading, 'text'],
            [t('raw'), row => row.raw, 'text'],
            [t('reason'), row => row.reason + (row.set_aside ? ` (${t('aside')})` : ''), 'text']
        ],
        t('none'));
}

function fields(data) {
    add(main, 'h1', t('fields'));
    grid(
        card(main, t('custom')), data.fields,
        [
            [t('table'), row => row.table_name], [t('field'), row => row.title, 'text'],
            [t('column'), row => row.name], [t('type'), row => row.type],
            ['id', row => row.field_id === null ? '' : String(row.field_id)],
            [t('since'), row => moment(row.first_seen)], [t('state'), row => row.policy]
        ],
        t('none'));
    grid(
        card(main, t('layouts')), data.layouts,
        [
            [t('run'), row => link(row.run_id, `#/run/${row.run_id}`)],
            [t('table'), row => row.resource], [t('since'), row => moment(row.received_at)],
            [t('added'), row => row.added.join(', '), 'text'],
            [t('gone'), row => row.gone.join(', '), 'text']
        ],
        t('none'));
}

function reports(list) {
    add(main, 'h1', t('reports'));
    const index = add(card(main), 'ul', undefined, 'index');
    for (const report of list)
        add(add(index, 'li'), 'a', russian ? report.ru : report.en).href =
            `#/report/${report.name}`;
}

function report(data, query) {
    const page = {...data, title: russian ? data.ru : data.en, nothing: t('empty')};
    add(main, 'h1', page.title);
    add(main, 'p', `${t('asOf')} ${data.state} · ${zone}`, 'small soft');
    const form = add(main, 'form', undefined, 'range');
    const control = (name, element, value) => {
        const label = add(form, 'label', t(name)), input = add(label, element);
        input.name = name;
        if (element === 'input') {
            input.type = 'date';
            input.value = value || '';
        }
        return input;
    };
    control('from', 'input', query.get('from'));
    control('to', 'input', query.get('to'));
    const by = control('by', 'select');
    for (const value of ['day', 'week', 'month']) {
        const option = add(by, 'option', t(value));
        option.value = value;
        option.selected = (query.get('by') || 'day') === value;
    }
    add(form, 'button', t('show')).type = 'submit';
    form.addEventListener('submit', event => {
        event.preventDefault();
        const wanted = new URLSearchParams(new FormData(form));
        location.hash = `#/report/${data.name}?${wanted}`;
    });
    reportCharts(main, page, russian);
    reportTable(main, page, russian);
    add(main, 'p', data.definition, 'definition card');
}

function push(list) {
    add(main, 'h1', t('push'));
    grid(
        card(main), list,
        [
            [t('plan'), row => link(row.id, `#/push/${row.id}`)],
            [t('name'), row => row.name, 'text'], [t('state'), row => td => badge(td, row.state)],
            [t('made'), row => `${moment(row.made_at)} ${row.made_by}`],
            [t('approved'), row => row.approved_by || ''],
            [t('requests'), row => number(row.requests), 'number'],
            [t('toSend'), row => number(row.to_send), 'number'],
            [t('toRead'), row => number(row.to_read_back), 'number'],
            [t('confirmed'), row => number(row.confirmed), 'number'],
            [t('notConfirmed'), row => number(row.not_confirmed), 'number']
        ],
        t('none'));
}

function plan(list, id) {
    add(main, 'h1', `${t('plan')} ${id}`);
    grid(card(main), list, [
        ['#', row => row.id], [t('key'), row => row.key, 'text'],
        [
            t('change'),
            row => row.differences.map(d => `${d.field}: ${d.old || '—'} → ${d.new}`).join('; '),
            'text'
        ],
        [t('state'), row => td => badge(td, row.state)],
        [
            t('reason'),
            row => [row.message, ...(row.shown || []).map(d => `${d.field}: ${d.old || '—'}`)]
                       .filter(Boolean)
                       .join('; '),
            'text'
        ]
    ]);
}

// Without a range a report opens with the last 90 days; an empty day, asked for, is everything.
function ranged(query) {
    if (!query.has('from'))
        query.set('from', new Date(Date.now() - 90 * 86400000).toISOString().slice(0, 10));
    return query;
}

function frame(page) {
    document.documentElement.lang = russian ? 'ru' : 'en';
    const nav = document.getElementById('nav');
    nav.replaceChildren();
    for (const name of pages) {
        const item = add(nav, 'a', t(name));
        item.href = name === 'overview' ? '#/' : `#/${name}`;
        if (name === page) item.setAttribute('aria-current', 'page');
    }
    document.getElementById('lang').textContent = russian ? 'English' : 'Русский';
    document.getElementById('skip').textContent = t('skip');
    document.title = `gcmirror · ${t(page)}`;
}

// What the hash asks for; drawn into a fresh main only once its data are here, so that nothing
// flickers.
async function draw() {
    clearTimeout(timer);
    const hash = location.hash.replace(/^#\/?/, ''), [path, search] = hash.split('?'),
          [page, id] = path.split('/'), query = new URLSearchParams(search || '');
    const routes = {
        '': ['overview', '/api/overview', overview],
        runs: ['runs', '/api/runs', runs],
        run: ['runs', `/api/run?id=${encodeURIComponent(id || '')}`, oneRun],
        rejects: ['rejects', `/api/rejects?run=${encodeURIComponent(id || '0')}`, rejects],
        fields: ['fields', '/api/fields', fields],
        reports: ['reports', '/api/reports', reports],
        report: [
            'reports', `/api/report?name=${encodeURIComponent(id || '')}&${ranged(query)}`,
            data => report(data, query)
        ],
        push: [
            'push', `/api/push?plan=${encodeURIComponent(id || '0')}`,
            data => id ? plan(data, id) : push(data)
        ]
    };
    const [name, address, view] = routes[page] || routes[''];
    frame(name);
    const wanted = location.hash + russian;
    try {
        if (zone === 'UTC' && name !== 'overview') zone = (await load('/api/overview')).zone;
        const data = await load(address);
        if (location.hash + russian !== wanted) return;
        const focused =
            document.activeElement && main.contains(document.activeElement) && shown === wanted ?
            [...main.querySelectorAll('a, button, input, select')].indexOf(document.activeElement) :
            -1;
        main.replaceChildren();
        view(data);
        if (focused >= 0)
            main.querySelectorAll('a, button, input, select')[focused]?.focus();
        else if (shown && shown !== wanted) {
            main.focus();
            scrollTo(0, 0);
        }
        shown = wanted;
        main.dataset.ready = name;
    } catch (error) {
        if (location.hash + russian !== wanted) return;
        main.replaceChildren();
        add(add(main, 'section', undefined, 'card'), 'p',
            error instanceof TypeError ? t('lost') : error.message, 'error')
            .setAttribute('role', 'alert');
        main.dataset.ready = 'error';
        timer = setTimeout(draw, 5000);
    }
}

document.getElementById('lang').addEventListener('click', () => {
    russian = !russian;
    localStorage.setItem('gcmirror.lang', russian ? 'ru' : 'en');
    draw();
});
document.getElementById('skip').addEventListener('click', event => {
    event.preventDefault();
    main.focus();
});
addEventListener('hashchange', draw);
draw();
