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

test('a stale holder’s renewal changes nothing after a takeover, and says that the lease is lost', async () => {
  const { old, row } = await takeOver();
  now += 1;
  expect(await former!.renew()).toEqual([old]);
  expect(await job()).toEqual(row);
  expect(await present!.renew()).toEqual([]);
  expect(await job()).toEqual({ ...row, lease_until: now + LEASE });
});

test('a stale holder gives nothing back after a takeover', async () => {
  const { old, taken, row } = await takeOver();
  await former!.giveBack([old]);
  expect(await job()).toEqual(row);
  await present!.giveBack([taken]);
  expect(await job()).toEqual({ ...row, state: 'waiting', lease_until: null });
});

test('how a stale holder’s attempt ended is not taken down after a takeover', async () => {
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
