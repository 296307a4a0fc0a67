// An assistant by the reference client of the Model Context Protocol: what it finds, that every
// answer says of when it is, and that no query leaves its role, its transaction or its limits.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {database, endAll, environment, gcmirror, psql, simulate, temporary} from './support.mjs';

const require = createRequire(join(process.env.GCMIRROR_WEB_MODULES, 'package.json'));
const {Client} = require('@modelcontextprotocol/sdk/client/index.js');
const {StdioClientTransport} = require('@modelcontextprotocol/sdk/client/stdio.js');

let school, folder;
const clients = [];

async function assistant(...options) {
    const client = new Client({name: 'test', version: '1'});
    await client.connect(new StdioClientTransport({
        command: process.env.GCMIRROR_PROGRAM,
        args: ['mcp', ...options],
        env: environment(school.url),
        stderr: 'ignore'
    }));
    clients.push(client);
    return client;
}
async function call(client, name, args = {}) {
    const answer = await client.callTool({name, arguments: args});
    const [{text}] = answer.content;
    if (answer.isError) return {wrong: text};
    const found = JSON.parse(text);
    assert.match(found.state_of, /^\d{4}-\d\d-\d\d \d\d:\d\d$/, 'every answer says of when it is');
    return found;
}
const refused = async (client, sql, words) => {
    const {wrong} = await call(client, 'query', {sql});
    assert.ok(wrong, `${sql} was answered`);
    assert.match(wrong, words, sql);
};

let masked, synced;
before(async () => {
    school = database();
    folder = temporary('mcp');
    const settings = await simulate(
        school.url, folder, ['--users', '60', '--deals', '100', '--build-median', '20ms']);
    synced = gcmirror(
        school.url, ['sync', '--json'],
        {...settings, GCMIRROR_PACING_FIRST_POLL: '50ms', GCMIRROR_BUDGET_LIMIT: '1000'});
    masked = await assistant();
});
after(async () => {
    for (const client of clients) await client.close();
    await endAll(school);
});

test('sync --json prints one object with numbers', () => {
    const {exit_status: status, problem, result, said} = JSON.parse(synced);
    assert.deepEqual([status, problem, result.run, result.state], [0, null, 1, 'done']);
    assert.match(said, /run 1: \d+ inserted/);
    const deals = result.loads.filter(load => load.table === 'deals');
    assert.equal(
        deals.reduce((sum, load) => sum + load.inserted, 0),
        Number(psql(school.url, '-c', 'SELECT count(*) FROM mirror.deals')));
});

test('the tools are listed with what they take, all of them for reading', async () => {
    const {tools} = await masked.listTools();
    assert.deepEqual(
        tools.map(tool => tool.name),
        ['list_reports', 'run_report', 'list_tables', 'describe_table', 'freshness', 'query']);
    assert.ok(tools.every(tool => tool.annotations.readOnlyHint));
    assert.deepEqual(tools[1].inputSchema.required, ['name']);
});

test('reports are listed and answered with figures that are numbers', async () => {
    const {reports} = await call(masked, 'list_reports');
    assert.ok(reports.length > 40);
    const {rows, definition, row_count: count} =
        await call(masked, 'run_report', {name: 'revenue_by_day', by: 'month'});
    assert.match(definition, /received/);
    assert.equal(rows.length, count);
    const received = rows.reduce((sum, row) => sum + Math.round(row.received * 100), 0);
    const wanted =
        psql(school.url, '-c', 'SELECT round(sum(received) * 100) FROM report.revenue_by_day');
    assert.equal(received, Number(wanted));
});

test('what a report has no use for is refused with the nearest words', async () => {
    assert.match((await call(masked, 'run_report', {name: 'revenue'})).wrong, /nearest are/);
    assert.match(
        (await call(masked, 'run_report', {name: 'revenue_by_day', from: '2026-02-30'})).wrong,
        /a day that exists/);
});

test('tables, their definitions and their freshness are told', async () => {
    const {rows: tables} = await call(masked, 'list_tables');
    assert.ok(tables.some(row => row.table === 'masked.orders'));
    assert.ok(tables.every(row => row.table.startsWith('masked.')), 'nothing else by default');
    const {rows: columns} = await call(masked, 'describe_table', {table: 'masked.orders'});
    assert.match(columns.find(row => row.column === 'paid_amount').means, /\w/);
    assert.match((await call(masked, 'describe_table', {table: 'mirror.users'})).wrong, /no table/);
    assert.ok((await call(masked, 'freshness')).rows.length > 3);
    const {notes} = await call(masked, 'run_report', {name: 'revenue_by_day', by: 'month'});
    assert.match(notes.join(), /may name people and is left out/);
    assert.doesNotMatch(notes.join(), /@|set apart, /);
});

test('by default no person leaves the house, and --role reader shows them', async () => {
    const sql = 'SELECT email FROM masked.orders WHERE email IS NOT NULL';
    const {rows} = await call(masked, 'query', {sql});
    assert.ok(!JSON.stringify(rows).includes('@'));
    await refused(masked, 'SELECT email FROM mirror.users', /permission denied/);
    const reader = await assistant('--role', 'reader');
    const seen =
        await call(reader, 'query', {sql: 'SELECT email FROM mirror.users WHERE email <> \'\''});
    assert.ok(seen.rows.every(row => row.email.includes('@')));
});

test('a query is one SELECT in its own transaction, and cannot leave it or its role', async () => {
    for (const sql
             of ['COMMIT', 'ROLLBACK', 'SET ROLE postgres', 'RESET ROLE', 'BEGIN', 'SHOW port',
                 'SET SESSION AUTHORIZATION DEFAULT', 'DELETE FROM masked.orders',
                 'COPY (SELECT 1) TO PROGRAM \'id\'', 'COPY masked.orders TO \'/tmp/x\'',
                 'CREATE TABLE x (n int)', 'DO $$ BEGIN END $$', 'CALL x()', 'LISTEN x'])
        await refused(masked, sql, /syntax error/);
    for (const sql
             of ['SELECT 1; SELECT 2', 'SELECT 1; COMMIT; DROP SCHEMA mirror CASCADE',
                 'SELECT 1; SET ROLE postgres'])
        await refused(masked, sql, /multiple commands|syntax error/);
    for (
        const [sql, words] of [
            ['SELECT set_config(\'role\', \'postgres\', false)', /permission denied/],
            [
                'SELECT set_config(\'session_authorization\', \'postgres\', false)',
                /permission denied|cannot set/
            ],
            ['SELECT set_config(\'transaction_read_only\', \'off\', true)', /read-write mode/],
            ['SELECT pg_read_file(\'/etc/passwd\')', /permission denied/],
            ['SELECT pg_ls_dir(\'/\')', /permission denied/],
            ['SELECT lo_import(\'/etc/passwd\')', /permission denied|read-only/],
            [
                'SELECT query_to_xml(\'SELECT email FROM mirror.users\', true, true, \'\')',
                /permission denied/
            ],
            [
                'SELECT query_to_xml(\'CREATE TABLE masked.x (n int)\', true, true, \'\')',
                /not allowed|permission denied|read-only/
            ],
            [
                'WITH gone AS (DELETE FROM masked.orders RETURNING 1) SELECT * FROM gone',
                /data-modifying/
            ],
            ['SELECT report.add_reader(\'x\')', /permission denied/],
            ['SELECT * FROM pg_authid', /permission denied/], [
                'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \'postgres\' AND pid <> pg_backend_pid()',
                /permission denied|must be/
            ]])
        await refused(masked, sql, words);
    assert.equal(psql(school.url, '-c', 'SELECT count(*) > 0 FROM mirror.deals').trim(), 't');
});

test('what a query sets is gone with it', async () => {
    await call(masked, 'query', {sql: 'SELECT set_config(\'statement_timeout\', \'0\', false)'});
    const {rows} = await call(
        masked, 'query', {sql: 'SELECT current_setting(\'statement_timeout\') AS limit'});
    assert.deepEqual(rows, [{limit: '30s'}]);
});

test('rows and time have limits, and an answer says that there is more', async () => {
    const brief = await assistant('--rows', '10');
    const some = await call(brief, 'query', {sql: 'SELECT * FROM generate_series(1, 1000000) n'});
    assert.deepEqual([some.row_count, some.more_rows, some.rows?.length], [10, true, 10]);
    const few = await call(brief, 'query', {sql: 'SELECT 1 AS n;', rows: 5});
    assert.deepEqual([few.row_count, few.more_rows], [1, false]);
    // what must end in time is asked apart: a busy machine would end the others as well
    const hurried = await assistant('--time', '300ms');
    await refused(hurried, 'SELECT pg_sleep(60)', /timeout/);
    await refused(
        hurried, 'SELECT pg_sleep(60), set_config(\'statement_timeout\', \'0\', false)', /timeout/);
});

test('what is no request is answered as one, and the server goes on', async () => {
    await assert.rejects(masked.callTool({name: 'drop', arguments: {}}), /no tool "drop"/);
    await assert.rejects(masked.callTool({name: 'query', arguments: {}}), /needs sql/);
    await assert.rejects(
        masked.callTool({name: 'query', arguments: {sql: 'SELECT 1', role: 'postgres'}}),
        /no argument "role"/);
    await masked.ping();
});
