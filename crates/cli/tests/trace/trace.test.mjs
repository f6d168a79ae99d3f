// A trace of a run in the Perfetto UI, asked by SQL, against the other files of its run directory.
//
//   RUN=out/quick-1 UI=web_dist node --test trace.test.mjs
//
// RUN      a run directory with a trace of all requests
// UI       the files of the Perfetto UI, which holds chrome://tracing as well
// SHOTS    where a screenshot goes; none is taken without it
// CHROMIUM the browser; `/usr/bin/chromium` if it is not set
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openTrace, openViewer } from './perfetto.mjs';

const { RUN: run, UI: ui, SHOTS: shots } = process.env;
const chrome = process.env.CHROMIUM ?? '/usr/bin/chromium';
const trace = join(run, 'trace.json.gz');

const csv = (text) => {
  const [header, ...rows] = text.trimEnd().split('\n').map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index]])));
};
/** Dollars, exact, as pico-dollars. */
const pico = (decimal) => {
  const [, sign, whole, part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  return BigInt(sign + whole + part.padEnd(12, '0'));
};
/** Seconds with nine decimals as nanoseconds. */
const nanos = (seconds) => BigInt(seconds.replace('.', ''));
/** Perfetto reads some decimals as the neighbour of the nearest double. */
const near = (found, told, what) => assert.ok(Math.abs(found - told) <= 2 * Number.EPSILON * Math.abs(told), `${what}: ${found}, not ${told}`);
const total = (values) => values.reduce((sum, value) => sum + value, 0n);

let summary, timeline, ledger, opened;
before(async () => {
  const read = (name) => readFile(join(run, name), 'utf8');
  summary = JSON.parse(await read('summary.json'));
  timeline = csv(await read('timeline.csv'));
  ledger = csv(await read('ledger.csv'));
  opened = await openTrace({ ui, trace, chrome });
});
after(() => opened?.close());

const ask = (sql) => opened.query(sql);
/** What a slice says of itself. */
const arg = (key) => `extract_arg(arg_set_id, 'args.${key}')`;
/** The slices of a kind, without what is inside them. Requests of the warm-up are in the trace, but in no sum. */
const counted = (kind) => `slice where category = '${kind}' and parent_id is null and ${arg('counted')} = 1`;
/** A sum of dollars, exact: a double holds pico-dollars up to some $1,000 a slice. */
const dollars = (key) => `sum(cast(round(${arg(key)} * 1e12) as int))`;

test('it is read without an error, and the page says nothing', async () => {
  assert.deepEqual(await ask("select name, idx, value from stats where severity in ('error', 'data_loss') and value > 0"), []);
  assert.deepEqual(opened.said, []);
});

test('it says which run it is, and that it is all of it', async () => {
  const keys = ['fingerprint', 'repro', 'seed', 'sampling'];
  const [about] = await ask(`select ${keys.map((key) => `${arg(key)} as ${key}`)} from slice where category = 'run'`);
  assert.deepEqual({ ...about, seed: Number(about.seed) },
    { fingerprint: summary.fingerprint, repro: summary.repro, seed: summary.seed, sampling: 'all requests' });
});

test('requests by outcome are those of the summary, in all and by workload', async () => {
  const rows = await ask(`select ${arg('workload')} as workload, ${arg('outcome')} as outcome, count(*) as n
    from ${counted('request')} group by 1, 2`);
  const found = {};
  for (const { workload, outcome, n } of rows) (found[workload] ??= {})[outcome] = Number(n);
  for (const [name, { requests }] of Object.entries(summary.workloads)) {
    const { arrived, ...outcomes } = requests;
    for (const [outcome, n] of Object.entries(outcomes)) assert.equal(found[name]?.[outcome] ?? 0, n, `${name} ${outcome}`);
    assert.equal(Object.values(found[name] ?? {}).reduce((a, b) => a + b, 0), arrived, name);
  }
  assert.ok(summary.requests.arrived > 0);
});

test('leaks by cause and avoidability are those of the summary', async () => {
  const rows = await ask(`select ${arg('cause')} as cause, count(*) as n, sum(${arg('avoidable')}) as avoidable
    from ${counted('request')} and ${arg('outcome')} = 'leaked' group by 1`);
  const found = Object.fromEntries(rows.map(({ cause, n, avoidable }) => [cause, [Number(n), Number(avoidable)]]));
  const told = Object.entries(summary.leak.by_cause).map(([cause, line]) => [cause, [line.requests, line.avoidable_requests]]);
  assert.deepEqual(found, Object.fromEntries(told));
});

test('attempts are those of the summary, in all and by router', async () => {
  const [{ n }] = await ask(`select sum(${arg('attempts')}) as n from ${counted('request')}`);
  assert.equal(Number(n), summary.attempts.total);
  const rows = await ask(`select ${arg('router')} as router, count(*) as n from ${counted('attempt')} group by 1`);
  const found = Object.fromEntries(rows.map(({ router, n }) => [router, Number(n)]));
  for (const [name, { attempts }] of Object.entries(summary.routers)) assert.equal(found[name] ?? 0, attempts.total, name);
});

test('what endpoints billed is the bill, in all and by line of the ledger', async () => {
  const [all] = await ask(`select ${dollars('billed_usd')} as billed, ${dollars('wasted_usd')} as wasted from ${counted('attempt')}`);
  assert.equal(BigInt(all.billed), pico(summary.cost_usd.total));
  assert.equal(BigInt(all.wasted), pico(summary.cost_usd.wasted));
  const rows = await ask(`select ${arg('workload')} || ' ' || ${arg('target')} as line, ${dollars('billed_usd')} as billed,
    ${dollars('wasted_usd')} as wasted from ${counted('attempt')} group by 1 having billed > 0`);
  const found = Object.fromEntries(rows.map(({ line, billed, wasted }) => [line, [BigInt(billed), BigInt(wasted)]]));
  const told = {};
  for (const { workload, endpoint, work, billed_usd } of ledger) {
    const line = (told[`${workload} ${endpoint}`] ??= [0n, 0n]);
    line[0] += pico(billed_usd);
    if (work === 'wasted') line[1] += pico(billed_usd);
  }
  assert.deepEqual(found, told);
});

test('beliefs last as long as the timeline says', async () => {
  const rows = await ask(`select ${arg('target')} as target, sum(dur) as dur from slice where category = 'belief' group by 1`);
  const found = Object.fromEntries(rows.map(({ target, dur }) => [target, BigInt(dur)]));
  const lanes = Object.keys(timeline[0]).filter((column) => column.startsWith('belief_s:'));
  assert.ok(lanes.length > 0);
  for (const lane of lanes) {
    const told = total(timeline.map((row) => nanos(row[lane])));
    assert.equal(found[lane.slice('belief_s:'.length)] ?? 0n, told, lane);
  }
});

test('every fault is on the track of its target', async () => {
  const rows = await ask(`select ${arg('target')} as target, slice.name as name, ts, dur, (select thread.name from thread_track t join thread using (utid)
    where t.id = track_id) as track from slice where category = 'truth' order by ts`);
  assert.equal(rows.length, summary.faults.length);
  const key = (target, name, from) => `${target} ${name} ${from.toFixed(6)}`;
  const told = summary.faults.map((fault) => key(fault.target, `fault: ${fault.kind}`, fault.from)).sort();
  assert.deepEqual(rows.map((row) => key(row.target, row.name, Number(row.ts) / 1e9)).sort(), told);
  for (const { target, track } of rows) assert.ok(track.startsWith(`truth of ${target}`), track);
});

test('counters are the timeline', async () => {
  const values = async (name) => (await ask(`select value from counter join counter_track t on t.id = track_id
    where t.name = '${name}' order by ts, counter.id`)).map(({ value }) => value);
  for (const [name, column] of [['served by plan', 'served_by_plan'], ['leaked', 'leaked'], ['failed', 'failed'], ['shed', 'shed']]) {
    assert.deepEqual(await values(`requests ${name}`), timeline.map((row) => Number(row[column])), name);
  }
  assert.deepEqual(await values('429 answers per bucket'), timeline.map((row) => Number(row.rate_limited)));
  assert.deepEqual(await values('attempts per bucket'), timeline.map((row) => Number(row.attempts)));
  for (const [name, column, last] of [['run', 'cost_usd', 'total'], ['control twin', 'twin_cost_usd', 'twin']]) {
    const [first, ...rest] = await values(`cost $ ${name}`);
    assert.equal(first, 0);
    assert.equal(rest.length, timeline.length);
    rest.forEach((value, row) => near(value, Number(timeline[row][column]), `${column} in row ${row}`));
    near(rest.at(-1), Number(summary.cost_usd[last]), last);
  }
});

test('what happens to a request is inside its time', async () => {
  const rows = await ask(`select count(*) as n from ${counted('attempt')} and not exists (select 1 from slice r
    where r.category = 'request' and r.parent_id is null
    and extract_arg(r.arg_set_id, 'args.request') = extract_arg(slice.arg_set_id, 'args.request')
    and extract_arg(r.arg_set_id, 'args.workload') = extract_arg(slice.arg_set_id, 'args.workload')
    and r.ts <= slice.ts) and ${arg('request')} < 100`);
  assert.equal(Number(rows[0].n), 0);
});

test('chrome://tracing reads it without a warning', async () => {
  const version = (await readdir(ui)).find((name) => /^v\d/.test(name));
  const viewer = join(ui, version, 'assets', 'catapult_trace_viewer.html');
  const text = gunzipSync(await readFile(trace)).toString();
  const { warnings, slices, processes } = await openViewer({ viewer, text, chrome });
  assert.deepEqual(warnings, []);
  const [{ n }] = await ask('select count(*) as n from slice where parent_id is null');
  assert.equal(slices, Number(n));
  assert.ok(processes.includes('run'));
});

test('a picture of it', { skip: !shots && 'SHOTS is not set' }, async () => {
  await mkdir(shots, { recursive: true });
  await opened.expandAll();
  await opened.page.screenshot({ path: join(shots, 'trace.png') });
});
