// Runs, and one run with its exports, accounts and requests.
/* global add */
import {between, dayOf, moment, number} from './format.js';
import {badge, card, grid, link, main} from './parts.js';
import {resource, said, t} from './words.js';

export function runs(list) {
    add(main, 'h1', t('runs'));
    grid(card(main), list, [
        [t('run'), row => link(row.id, `#/run/${row.id}`)], [t('job'), row => said('job', row.job)],
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

export function oneRun(data) {
    const run = data.run;
    add(main, 'h1', `${t('run')} ${run.id}`);
    const first = add(main, 'p');
    badge(first, run.state);
    add(first, 'span',
        ` ${said('job', run.job)} · ${moment(run.started_at)} · ${
            between(run.started_at, run.finished_at)}`,
        'soft');
    if (run.reason) add(main, 'p', run.reason);
    grid(card(main, t('exports')), data.exports, [
        [
            t('what'),
            row => [resource(row.resource), said('filter', row.filter)].filter(Boolean).join(' ')
        ],
        [
            t('window'),
            row => row.from_day ? `${dayOf(row.from_day, true)} – ${dayOf(row.to_day, true)}` : ''
        ],
        [t('state'), row => td => badge(td, row.state)],
        [t('took'), row => between(row.started_at, row.received_at), 'number'],
        [t('polls'), row => number(row.polls), 'number'],
        [t('rows'), row => number(row.rows), 'number'], [t('reason'), row => row.reason, 'text']
    ]);
    if (data.certificates)
        grid(card(main, t('certificate')), data.certificates, [
            [t('table'), row => resource(row.table_name)],
            [t('rows'), row => number(row.rows), 'number'],
            [t('inserted'), row => number(row.inserted), 'number'],
            [t('changed'), row => number(row.changed), 'number'],
            [t('rejected'), row => number(row.rejects), 'number'],
            [
                t('state'),
                row => td =>
                    add(td, 'span', t(row.balanced ? 'balanced' : 'unbalanced'),
                        'badge ' + (row.balanced ? 'green' : 'red'))
            ]
        ]);
    grid(card(main, t('requests')), data.requests, [
        ['#', row => row.id], [t('sent'), row => moment(row.sent_at, false)],
        [t('what'), row => td => add(td, 'code', row.what), 'text'],
        [t('why'), row => row.why, 'text'],
        [
            t('answer'), row => [row.answer, row.code || '', row.message].filter(Boolean).join(' '),
            'text'
        ],
        [t('rows'), row => row.rows ? number(row.rows) : '', 'number']
    ]);
}
