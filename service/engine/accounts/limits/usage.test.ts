import { expect, test } from 'vitest';
import { silentLog } from '../../../lib/log.ts';
import { openDatabase } from '../../../storage/connection.ts';
import { createUsage } from './usage.ts';

test('counts that cannot be written do not pile up, and the month is kept', async () => {
  let now = Date.UTC(2026, 10, 20, 12);
  let full = true;
  const clock = { now: () => now };
  const { db, inTransaction, close } = await openDatabase(
    { kind: 'sqlite-memory' },
    { clock, log: silentLog },
  );
  try {
    const usage = createUsage({
      db,
      inTransaction: (work) => {
        if (full) throw new Error('The disk is full.');
        return inTransaction(work);
      },
      log: silentLog,
      clock,
      steady: clock,
      most: 10,
    });
    await usage.take([{ name: 'org_1', limit: undefined }]);
    for (let minute = 0; minute < 30; minute++) {
      for (let source = 0; source < 50; source++) usage.count(`refused/${minute}.${source}`);
      await usage.flush();
      now += 60_000;
    }
    full = false;
    usage.count('refused/last');
    await usage.flush();
    const names = (await db.selectFrom('usage_counter').select('name').execute()).map(({ name }) => name);
    expect(names).toContain('month/org_1');
    expect(names).toContain('refused/last');
    expect(names.length).toBeLessThanOrEqual(2 + 50 + 10);
  } finally {
    await close();
  }
});

/** Nothing is written. */
function inMemory(most?: number) {
  let now = Date.UTC(2026, 10, 20, 12);
  const clock = { now: () => now };
  const none = undefined as never;
  const usage = createUsage({ db: none, inTransaction: none, log: silentLog, clock, steady: clock, most });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { usage, pass };
}
const victims = ['org_1', 'org_2'].map((organization) => `user/${organization}/live/victim`);

test('a user who was asked about ten times is remembered for a minute, at 2,000 other users a second of any organization', async () => {
  const { usage, pass } = inMemory();
  for (const victim of victims)
    for (let i = 0; i < 10; i++) expect(await usage.countUpTo(victim, 10)).toBe(0);
  for (let i = 0; i < 2 * 59_000; i++) {
    if (i % 2 === 0) pass(1);
    await usage.countUpTo(`user/org_2/live/${i}`, 10);
  }
  for (const victim of victims) expect(await usage.countUpTo(victim, 10)).toBe(6_000);
});

test('of more users than are held those counted longest ago are forgotten, and none of another organization', async () => {
  const { usage } = inMemory(100);
  for (const victim of victims) for (let i = 0; i < 10; i++) await usage.countUpTo(victim, 10);
  for (let i = 0; i < 99; i++) await usage.countUpTo(`user/org_2/live/${i}`, 10);
  const isHeld = async () => {
    const waits = await Promise.all(victims.map((victim) => usage.wait(victim, 10)));
    return waits.map((wait) => wait > 0);
  };
  expect(await isHeld()).toEqual([true, true]);
  await usage.countUpTo('user/org_2/live/more', 10);
  expect(await isHeld()).toEqual([true, false]);
});

test('what was loaded is not written again, but for what a clock that was set back moves to now', async () => {
  let now = Date.UTC(2026, 10, 20, 12);
  const clock = { now: () => now };
  const { db, inTransaction, close } = await openDatabase(
    { kind: 'sqlite-memory' },
    { clock, log: silentLog },
  );
  let writes = 0;
  const start = () =>
    createUsage({
      db,
      log: silentLog,
      clock,
      steady: clock,
      inTransaction: (work) => {
        writes++;
        return inTransaction(work);
      },
    });
  const restart = async () => {
    const next = start();
    await next.load();
    writes = 0;
    await next.flush();
    return next;
  };
  try {
    const usage = start();
    for (const name of ['burst/key_1', 'burst/key_1', 'user/org_1/live/a', 'user/org_1/live/a'])
      usage.count(name);
    await usage.flush();
    now += 1_000;
    expect(await (await restart()).wait('burst/key_1', 2)).toBeGreaterThan(0);
    expect(writes).toBe(0);
    now -= 3_600_000;
    expect(await (await restart()).wait('burst/key_1', 2)).toBeGreaterThan(0);
    expect(writes).toBeGreaterThan(0);
  } finally {
    await close();
  }
});

test('a process that ends forgets one use of a user, and no more', async () => {
  let now = Date.UTC(2026, 10, 20, 12);
  const clock = { now: () => now };
  const { db, inTransaction, close } = await openDatabase(
    { kind: 'sqlite-memory' },
    { clock, log: silentLog },
  );
  const start = () => createUsage({ db, inTransaction, log: silentLog, clock, steady: clock });
  const written = async () =>
    (await db.selectFrom('usage_counter').select(['name', 'used']).orderBy('period').execute()).map(
      ({ name, used }) => [name, used],
    );
  try {
    const usage = start();
    for (const name of ['user/org_1/live/a', 'user/org_1/live/b', 'burst/key_1']) usage.count(name);
    await usage.flush();
    expect(await written()).toEqual([['burst/key_1', 1]]);
    // In another slot: the first is written with the second.
    now += 10_000;
    usage.count('user/org_1/live/a');
    await usage.flush();
    expect(await written()).toEqual([
      ...[
        ['burst/key_1', 1],
        ['user/org_1/live/a', 1],
      ],
      ['user/org_1/live/a', 1],
    ]);
    const next = start();
    await next.load();
    expect(await next.wait('user/org_1/live/a', 3)).toBe(0);
    expect(await next.wait('user/org_1/live/a', 2)).toBeGreaterThan(0);
    expect(await next.wait('user/org_1/live/b', 1)).toBe(0);
    expect(await next.countUpTo('user/org_1/live/a', 2)).toBeGreaterThan(0);
    expect([await next.countUpTo('user/org_1/live/a', 3), await next.wait('user/org_1/live/a', 3)]).toEqual([
      0,
      expect.toSatisfy((wait: number) => wait > 0),
    ]);
  } finally {
    await close();
  }
});
