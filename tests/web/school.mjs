// A simulated school, mirrored once, with its dashboard: what the walks over all pages share.
import {answers, database, endAll, freePort, simulate, start, temporary, until} from './support.mjs';

export async function mirroredSchool(size = ['--users', '300', '--deals', '800']) {
    const school = database(), folder = temporary('pages');
    const settings = await simulate(school.url, folder, [...size, '--build-median', '200ms']);
    const port = await freePort(), base = `http://127.0.0.1:${port}`;
    const service = start(school.url, ['serve'], {
        ...settings,
        GCMIRROR_SERVE_LISTEN: `127.0.0.1:${port}`,
        GCMIRROR_PACING_FIRST_POLL: '200ms',
        GCMIRROR_BUDGET_LIMIT: '1000',
        GCMIRROR_SCHEDULE_SYNC: '30 3 * * *'
    });
    await answers(base, '/readyz');
    await until(
        'leading', async () => (await (await fetch(`${base}/readyz`)).text()).includes('leading'));
    const {csrf} = await (await fetch(`${base}/api/session`)).json();
    await fetch(
        `${base}/api/sync`, {method: 'POST', headers: {'X-CSRF-Token': csrf, Origin: base}});
    await until('the first run', async () => {
        const {data} = await (await fetch(`${base}/api/overview`)).json();
        return data.run?.finished_at;
    });
    return {school, base, settings, folder, service, close: () => endAll(school)};
}

const rows = `#/rows/revenue_by_day?${
    new URLSearchParams([['where', 'currency=RUB'], ['where', 'counted=true']])}`;
export const mostUsed = {
    morning: '#/',
    state: '#/state',
    reports: '#/reports',
    revenue: '#/report/revenue_by_day',
    products: '#/report/products?compare=before',
    cohorts: '#/report/cohorts?from=',
    payment_systems: '#/report/payment_systems?from=',
    debts: '#/report/debts?from=',
    rows,
    run: '#/run/1'
};
