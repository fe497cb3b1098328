import { afterEach, describe, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { direction } from '../../../../test/support/faces.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { createRetention, type Retention } from './retention.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 20, 12);
let engine: Engine;
let retention: Retention;
let warned: string[];

/** As at a start: over the same database and key store, with empty memory. */
async function open(): Promise<void> {
  const erasure = await openErasure(engine);
  retention = createRetention({
    ...engine,
    notes: engine.keys,
    erase: (where, subject, how) => erasure.erase(where, subject, how),
    pruneAudit: async () => ({ lines: 0 }),
    log: { ...silentLog, warn: (...words: unknown[]) => void warned.push(String(words.at(-1))) },
  });
}
async function enroll(names: string, count: number, organization: OrganizationId = engine.organization) {
  for (let i = 0; i < count; i++) {
    const email = `${names}${i}@example.com`;
    const embeddings = { 'a-net': direction(email) };
    const realm = { organization, world: 'live' } as const;
    await engine.subjects.enroll(realm, { email, embeddings, quality: 0.9 }, operator);
  }
}
const people = async () => (await engine.db.selectFrom('subject').select('id').execute()).length;
const erasures = async () => (await engine.db.selectFrom('erasure').select('id').execute()).length;
/** The service, for some days. */
async function runFor(days: number, every = DAY): Promise<void> {
  for (let passed = 0; passed < days * DAY; passed += every) {
    engine.advance(every);
    await retention.maintain();
  }
}
const unused = (days: number) =>
  engine.organizations.setRetention(engine.organization, { unusedDays: days }, operator);
const lastSweep = () => engine.keys.note('retention.last-sweep');
const confirmToday = () =>
  retention.confirmClock({ today: new Date(engine.clock.now()).toISOString().slice(0, 10), actor: operator });

describe('a clock', () => {
  async function start(at = NOW): Promise<void> {
    warned = [];
    engine = await startEngine({ start: at });
    await open();
  }
  afterEach(() => engine.stop());

  test('that was dead at the start and is set right erases no one, the next day or later', async () => {
    await start(Date.UTC(2021, 0, 1));
    await retention.checkClock();
    expect(warned).toEqual([expect.stringContaining('2021-01-01 00:00 UTC, before this program was built')]);
    await enroll('early', 5);
    await runFor(1, HOUR);
    expect(await lastSweep()).toBeUndefined();
    engine.advance(NOW - engine.clock.now());
    await enroll('late', 3);
    await open();
    await retention.checkClock();
    await runFor(40);
    expect([await people(), await erasures(), await lastSweep()]).toEqual([8, 0, undefined]);
    const { clock } = await retention.waiting();
    expect(clock).toContain('went on by');
    await confirmToday();
    expect((await retention.waiting()).clock).toBeUndefined();
    await runFor(30);
    // They were enrolled under the dead clock: their number is asked for all the same.
    expect([await people(), await erasures()]).toEqual([8, 0]);
    expect((await retention.waiting()).sweeps).toEqual([
      {
        organization: engine.organization,
        due: 5,
        people: 8,
        why: expect.stringContaining('enrolled before this program was built'),
      },
    ]);
    await retention.sweep(engine.organization, { actor: operator, confirm: 5 });
    expect([await people(), (await retention.waiting()).sweeps]).toEqual([3, []]);
  });

  test('is in doubt where the note of when it was trusted is damaged: nothing is erased until it is confirmed', async () => {
    await start();
    await unused(30);
    await confirmToday();
    await enroll('ada', 1);
    await engine.keys.setNote('retention.last-sweep', '{"at"x1}');
    await engine.keys.setNote('retention.waiting', '{"sweeps"x[]}');
    await open();
    await retention.checkClock();
    expect((await retention.waiting()).clock).toContain('its note in the key store is damaged');
    await retention.preview(engine.organization);
    engine.advance(2 * DAY);
    await runFor(40);
    expect([await people(), await erasures()]).toEqual([1, 0]);
    await confirmToday();
    expect(await retention.waiting()).toEqual({ sweeps: [] });
    expect(JSON.parse((await lastSweep())!)).toMatchObject({ at: engine.clock.now() });
  });

  test('one person enrolled under a dead clock is asked about too', async () => {
    await start(Date.UTC(2021, 0, 1));
    await enroll('early', 1);
    engine.advance(NOW - engine.clock.now());
    await confirmToday();
    await runFor(20);
    expect([await people(), (await retention.waiting()).sweeps]).toMatchObject([1, [{ due: 1 }]]);
  });

  test('400 days ahead erases no one, not even the only person', async () => {
    await start();
    await unused(365);
    await enroll('ada', 1);
    engine.advance(400 * DAY);
    await runFor(30);
    expect([await people(), await erasures(), await lastSweep()]).toEqual([1, 0, undefined]);
    expect((await retention.waiting()).clock).toContain('430 days after the last line of the audit log');
  });

  test('400 days ahead is noticed also where the box goes on in the wrong time', async () => {
    await start();
    await unused(365);
    await enroll('ada', 1);
    engine.advance(400 * DAY);
    await enroll('bea', 3);
    await runFor(30);
    expect([await people(), await lastSweep()]).toEqual([4, undefined]);
    expect((await retention.waiting()).clock).toContain('went on by 400 days at once');
  });

  test('360 days ahead, then 25 more: no one is erased, and each asks for confirmation', async () => {
    await start();
    await unused(365);
    await enroll('old', 9);
    engine.advance(360 * DAY);
    await enroll('new', 3);
    await retention.maintain();
    expect(await lastSweep()).toBeUndefined();
    engine.advance(25 * DAY);
    await retention.maintain();
    await runFor(10);
    expect([await people(), await erasures()]).toEqual([12, 0]);
    // Also where an operator confirmed the first jump.
    await confirmToday();
    const before = await lastSweep();
    await runFor(3);
    expect([await people(), await lastSweep()]).toEqual([12, before]);
    expect((await retention.waiting()).sweeps).toMatchObject([{ due: 9, people: 12 }]);
  });

  test('ahead for an hour while nothing is swept, or back by days: asked about before the next sweep', async () => {
    await start();
    await enroll('ada', 3);
    await retention.maintain();
    const note = await lastSweep();
    // With what it waits for where it did not sweep.
    expect([await retention.waiting(), JSON.parse(note ?? '{}')]).toMatchObject([
      { sweeps: [] },
      { at: NOW },
    ]);
    engine.advance(400 * DAY);
    await enroll('bea', 1);
    engine.advance(-400 * DAY + HOUR);
    await enroll('cid', 1);
    await runFor(2);
    expect([await lastSweep(), (await retention.waiting()).clock]).toEqual([
      note,
      expect.stringContaining('went on by 400 days at once'),
    ]);
    await confirmToday();
    await runFor(1);
    expect(await retention.waiting()).toEqual({ sweeps: [] });
    engine.advance(-3 * DAY);
    await retention.maintain();
    expect((await retention.waiting()).clock).toContain('before the last retention sweep');
  });

  test('the first sweep asks before it erases a person, and every day again', async () => {
    await start();
    await enroll('ada', 30);
    const withdrawn = (await engine.db.selectFrom('subject').select('id').executeTakeFirstOrThrow()).id;
    await engine.consents.withdraw(
      { organization: engine.organization, world: 'live', subject: withdrawn as never },
      ['verification', 'identification', 'deduplication'],
      operator,
    );
    await runFor(3);
    expect([await people(), await lastSweep()]).toEqual([30, undefined]);
    expect((await retention.waiting()).sweeps).toMatchObject([
      { due: 1, why: 'It is the first sweep of this box.' },
    ]);
    await retention.sweep(engine.organization, { actor: operator, confirm: 1 });
    expect([await people(), await lastSweep()]).toEqual([29, expect.any(String)]);
  });

  test('waiting sweeps are known after a restart; the date on the watch must be that of the clock', async () => {
    await start();
    await enroll('ada', 1);
    engine.advance(400 * DAY);
    await retention.maintain();
    const { clock } = await retention.waiting();
    await open();
    expect(await retention.waiting()).toEqual({ clock, sweeps: [] });
    await expect(retention.confirmClock({ today: '2026-11-20', actor: operator })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/says 2027-12-25, you say 2026-11-20.*timedatectl/),
    });
    await expect(retention.confirmClock({ today: 'today', actor: operator })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    expect((await retention.waiting()).clock).toBe(clock);
    await confirmToday();
    const {
      lines: [line],
    } = await engine.auditLog.page({ action: 'retention.confirm-clock', limit: 1 }, { actor: operator });
    expect(JSON.parse(line!.details)).toMatchObject({ today: '2027-12-25', doubt: clock });
  });

  test('a box that runs every day sweeps as before, one person or one in twenty at a time', async () => {
    await start();
    await unused(100);
    for (let i = 0; i < 6; i++) {
      await enroll(`day${i}-`, 1);
      await runFor(1);
    }
    await runFor(106);
    expect([await people(), await erasures(), await retention.waiting()]).toEqual([0, 6, { sweeps: [] }]);
  });
});
