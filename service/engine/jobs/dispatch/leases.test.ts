import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIds } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { type Database, openDatabase } from '../../../storage/connection.ts';
import { createAddJobs } from '../add-jobs.ts';
import { endAttempts } from '../lease-store.ts';
import { createLeases, LEASE, type Leases } from './leases.ts';

let now: number;
const clock = { now: () => now };
let database: Database;
let [former, present]: Leases[] = [];

/** Two processes over one database; each takes itself for the only one. */
beforeEach(async () => {
  now = Date.UTC(2026, 10, 20, 12);
  database = await openDatabase({ kind: 'sqlite-memory' }, { clock, log: silentLog });
  const open = () => createLeases({ ...database, clock, as: 'leased' });
  [former, present] = [open(), open()];
  const add = createAddJobs({ ids: createIds(clock), clock });
  await database.inTransaction((tx) => add(tx, [{ kind: 'webhook', payload: {}, lane: 'a' }]));
});
afterEach(() => database.close());

const job = () => database.db.selectFrom('job').selectAll().executeTakeFirstOrThrow();
async function take(leases: Leases) {
  const from = { lane: 'a', retry: false };
  const [taken] = await leases.take('webhook', [{ from, limit: 1 }]);
  return taken!.leased[0]!;
}
/** The former's lease runs out unnoticed, as of a process that was stopped, and the other takes the job over. */
async function takeOver() {
  const old = await take(former!);
  now += LEASE;
  expect(await present!.takeOver('over', () => {})).toBe(1);
  const taken = await take(present!);
  expect([old.ticket.fence, taken.ticket.fence]).toEqual([1, 2]);
  return { old, taken, row: await job() };
}

test('a stale holder gives nothing back after a takeover', async () => {
  const { old, taken, row } = await takeOver();
  await former!.giveBack([old]);
  expect(await job()).toEqual(row);
  await present!.giveBack([taken]);
  expect(await job()).toEqual({ ...row, state: 'waiting', lease_until: null });
});

test('the outcome of a stale holder’s attempt is not recorded after a takeover', async () => {
  const { old, taken, row } = await takeOver();
  const end = ({ ticket: { id, fence } }: typeof old) =>
    database.inTransaction((tx) =>
      endAttempts(tx, [{ id, fence, state: 'done', runAt: null, error: null, finishedAt: now }]),
    );
  expect(await end(old)).toEqual(new Set());
  expect(await job()).toEqual(row);
  expect(await end(taken)).toEqual(new Set([row.id]));
  expect(await job()).toMatchObject({ state: 'done', attempts: 1 });
});

test('leases of this process are not taken over, however old; those of others are, also behind them', async () => {
  const add = createAddJobs({ ids: createIds(clock), clock });
  const many = Array.from({ length: 250 }, () => ({ kind: 'webhook' as const, payload: {} }));
  await database.inTransaction((tx) => add(tx, many));
  const [own] = await present!.take('webhook', [{ from: { priority: 2 }, limit: 250 }]);
  now += 1;
  const other = await take(former!);
  now += 10 * LEASE;
  const waiting: unknown[] = [];
  expect(await present!.takeOver('over', (where) => waiting.push(where))).toBe(1);
  expect(waiting).toEqual([{ kind: 'webhook', lane: 'a', priority: 2, runAt: 0, retry: false }]);
  expect((await take(present!)).ticket).toMatchObject({ id: other.ticket.id, fence: 2 });
  expect(own!.leased).toHaveLength(250);
  expect(present!.all()).toHaveLength(251);
});

test('a lease that ends later than any of this clock was written before the clock was put back, and is over', async () => {
  await take(former!);
  expect(await present!.takeOver('over', () => {})).toBe(0);
  now -= 365 * 24 * 60 * 60_000;
  expect(await present!.takeOver('over', () => {})).toBe(1);
  expect((await take(present!)).ticket.fence).toBe(2);
});
