// Write-back: plans, and one plan: what it would do, approving it, how far its sending is.
/* global add */
import {moment, number} from './format.js';
import {badge, card, grid, link, load, main, meter} from './parts.js';
import {state, t} from './words.js';

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

// Who may approve, and the button for them.
function approval(section, data, again) {
    const actions = add(section, 'div', undefined, 'actions');
    const note = add(actions, 'span', '', 'soft');
    note.setAttribute('role', 'status');
    if (!data.approvals) return void (note.textContent = t('notHere'));
    if (!data.name) {
        const sign = add(actions, 'a', t('signIn'));
        sign.href = '/approver';
        return;
    }
    const button = add(actions, 'button', `${t('approve')} · ${data.name}`, 'main');
    button.type = 'button';
    button.addEventListener('click', async () => {
        button.disabled = true;
        try {
            await load(
                `/api/approve?plan=${data.plan.id}&hash=${data.plan.hash}`,
                {method: 'POST', headers: {'X-CSRF-Token': data.csrf}});
            note.textContent = t('approvedNow');
            again(500);
        } catch (error) {
            note.textContent = error.message;
            note.className = 'error';
            button.disabled = false;
        }
    });
}

function progress(section, plan) {
    const shown = meter(section, plan.changes, plan.handled, t('handled'));
    add(shown, 'span').style.width = `${100 * plan.handled / Math.max(1, plan.changes)}%`;
    add(section, 'p',
        `${t('handled')}: ${number(plan.handled)} ${t('of')} ${number(plan.changes)}`);
    if (plan.sending)
        add(section, 'p',
            [
                t('sending'), moment(plan.sending.started_at), state(plan.sending.state),
                plan.sending.reason
            ].filter(Boolean)
                .join(' · '),
            'small soft');
    else if (plan.state === 'approved')
        add(section, 'p', t('waitsForSender'), 'small soft');
}

function facts(section, plan, shown) {
    const lines = [
        `${t('made')}: ${moment(plan.made_at)} ${plan.made_by}`,
        plan.mirror_as_of && `${t('asOf')} ${moment(plan.mirror_as_of)}`,
        plan.approved_by && `${t('approved')}: ${plan.approved_by}`,
        `${t('change')}: ${number(plan.changes)}` +
            (plan.changes > shown ? ` (${t('shownFirst')} ${number(shown)})` : ''),
        `${t('creates')}: ${number(plan.creations)}; ${t('pays')}: ${number(plan.payments)}; ${
            t('refused')}: ${number(plan.refused)}`,
        ...plan.warnings
    ];
    for (const line of lines.filter(Boolean)) add(section, 'p', line, 'small');
}

export function pushPlan(data, again) {
    const plan = data.plan;
    add(main, 'h1', `${t('plan')} ${plan.id} · ${plan.name}`);
    const section = card(main);
    section.id = 'plan';
    badge(section, plan.state);
    facts(section, plan, data.changes.length);
    if (plan.state === 'planned') approval(section, data, again);
    if (plan.state !== 'planned') progress(section, plan);
    const running = plan.sending && plan.sending.state === 'running';
    if (running || (plan.state === 'approved' && plan.to_send > 0)) again(1000);
    grid(card(main), data.changes, [
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
    if (plan.refusals.length)
        grid(card(main, t('refused')), plan.refusals, [
            [t('row'), row => row.row], [t('key'), row => row.key, 'text'],
            [t('reason'), row => row.reason, 'text']
        ]);
}
