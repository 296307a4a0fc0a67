// Write-back: plans, and the changes of one plan.
/* global add */
import {moment, number} from './format.js';
import {badge, card, grid, link, main} from './parts.js';
import {t} from './words.js';

export function pushPlans(list) {
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

export function pushPlan(list, id) {
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
