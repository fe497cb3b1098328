import { hash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createWindowIndex, type WindowIndex } from './window-index.ts';
import type { SeenWindow } from './window-store.ts';

let engine: Engine;
let index: WindowIndex;

onBothDatabases('the index of windows', (newPlace) => {
  beforeEach(async () => {
    engine = await startEngine({ place: await newPlace() });
    start();
  });
  afterEach(async () => {
    await index.settled();
    await engine.stop();
  });

  /** As after a start of the service: what was in memory is lost. */
  function start(together = 200): void {
    index = createWindowIndex({ ...engine, log: silentLog, together });
  }
  const windowOf = (n: number, organization: OrganizationId = engine.organization): SeenWindow => ({
    ...{ organization, world: 'live', fingerprint: hash('sha256', String(n), 'base64url').slice(0, 22) },
    ...{ sidHash: `sid ${n}`, seq: n, upMs: n + 0.5, seenAt: engine.clock.now() },
  });
  async function add(...windows: SeenWindow[]): Promise<void> {
    await engine.inTransaction((tx) => index.write(tx, windows));
    for (const one of windows) index.remember(one);
  }
  const find = async (window: SeenWindow) => (await index.find(engine.db, [window]))[0];
  const seqOf = async (window: SeenWindow) => (await find(window))?.seq;
  const indexed = async () =>
    (await engine.db.selectFrom('behavior_window_print').select('print').execute()).length;
  const ready = () => index.flush();
  /** Windows 0 to `count`, some at a time, as requests come. */
  async function addMany(count: number): Promise<SeenWindow[]> {
    const windows = Array.from({ length: count }, (_, n) => windowOf(n));
    for (let i = 0; i < count; i += 7) await add(...windows.slice(i, i + 7));
    return windows;
  }

  test('finds a window in memory, then in the index, and after a start wherever it is', async () => {
    await ready();
    const window = windowOf(1);
    await add(window);
    expect([await seqOf(window), await indexed()]).toEqual([1, 0]);
    for (const load of [false, true]) {
      start();
      if (load) await index.ready();
      expect([await seqOf(window), await indexed()]).toEqual([1, 0]);
    }
    expect(index.ready()).toBeUndefined();
    await index.flush();
    expect([await seqOf(window), await indexed()]).toEqual([1, 1]);
    start();
    expect(await seqOf(window)).toBe(1);
    expect(await seqOf(windowOf(2))).toBeUndefined();
  });

  test('keeps windows of organizations and worlds apart, also those with one fingerprint', async () => {
    await ready();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const own = windowOf(1);
    await add(own);
    const elsewhere = { ...own, organization: other, seq: 2 };
    expect(await find(elsewhere)).toBeUndefined();
    expect(await find({ ...own, world: 'test' })).toBeUndefined();
    await add(elsewhere);
    for (const flush of [false, true]) {
      if (flush) await index.flush();
      expect([await seqOf(own), await seqOf(elsewhere)]).toEqual([1, 2]);
    }
  });

  test('moves windows into the index while others come, and finds each at every moment', async () => {
    await ready();
    const windows = await addMany(1_200);
    await index.settled();
    expect(await indexed()).toBeGreaterThan(400);
    expect(await Promise.all(windows.map(seqOf))).toEqual(windows.map(({ seq }) => seq));
    start();
    expect(await Promise.all(windows.map(seqOf))).toEqual(windows.map(({ seq }) => seq));
    await index.flush();
    expect(await indexed()).toBe(1_200);
    start();
    expect(await Promise.all(windows.map(seqOf))).toEqual(windows.map(({ seq }) => seq));
  });

  test('a window whose transaction was undone is not found, and may come again', async () => {
    await ready();
    const window = windowOf(1);
    const undone = engine.inTransaction(async (tx) => {
      await index.write(tx, [window]);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await find(window)).toBeUndefined();
    await add(window);
    expect(await seqOf(window)).toBe(1);
  });

  test('one that is written in the transaction of another feature is found there and after it', async () => {
    const window = windowOf(1);
    await engine.inTransaction(async (tx) => {
      await index.writeIndexed(tx, window);
      expect(await index.find(tx, [window])).toMatchObject([{ seq: 1 }]);
    });
    expect([await seqOf(window), await indexed()]).toEqual([1, 1]);
  });

  test('after the clock was set back, windows go into the index at once', async () => {
    await ready();
    await add(windowOf(0));
    await index.flush();
    await add({ ...windowOf(1), seenAt: engine.clock.now() - 3_600_000 });
    expect(await indexed()).toBe(2);
    start();
    expect(await seqOf(windowOf(1))).toBe(1);
  });

  test('a step that the disk refuses is taken again', async () => {
    await ready();
    await index.settled();
    let refuses = true;
    const inTransaction: typeof engine.inTransaction = (change, ...rest) =>
      refuses ? Promise.reject(new Error('full')) : engine.inTransaction(change, ...rest);
    index = createWindowIndex({ ...engine, inTransaction, log: silentLog, together: 200 });
    await index.settled();
    const windows = await addMany(450);
    await index.settled();
    expect(await Promise.all(windows.map(seqOf))).toEqual(windows.map(({ seq }) => seq));
    await expect(index.flush()).rejects.toThrow('full');
    refuses = false;
    await index.flush();
    expect(await indexed()).toBe(450);
  });

  test('a flush ends while windows keep coming, and has put in the index what was there before', async () => {
    let n = 0;
    const inTransaction: typeof engine.inTransaction = async (change, ...rest) => {
      const result = await engine.inTransaction(change, ...rest);
      const one = windowOf(1_000 + n++);
      await engine.inTransaction((tx) => index.write(tx, [one]));
      index.remember(one);
      return result;
    };
    await index.settled();
    index = createWindowIndex({ ...engine, inTransaction, log: silentLog, together: 200 });
    await ready();
    const windows = await addMany(150);
    await index.flush();
    expect(n).toBeLessThan(10);
    const prints = await engine.db.selectFrom('behavior_window_print').select('print').execute();
    const there = new Set(prints.map(({ print }) => print));
    expect(windows.filter(({ fingerprint }) => !there.has(fingerprint.slice(0, 8)))).toEqual([]);
  });

  test('whatever happens in between, a window that was written is found', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 90 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('start' as const, 'flush' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('advance' as const),
          ms: fc.integer({ min: 1, max: 60_000 }),
        }),
      },
    );
    let made = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await index.settled();
        start(40);
        const written: SeenWindow[] = [];
        for (const one of steps) {
          if (one.do === 'add') {
            const some = Array.from({ length: one.count }, () => windowOf(++made));
            await add(...some);
            written.push(...some);
          } else if (one.do === 'flush') await index.flush();
          else if (one.do === 'advance') engine.advance(one.ms);
          else {
            await index.settled();
            start(40);
          }
        }
        const absent = windowOf(++made);
        const found = await index.find(engine.db, [...written, absent]);
        expect(found.map((one) => one?.seq)).toEqual([...written.map(({ seq }) => seq), undefined]);
        if (written[0]) expect(await seqOf(written[0])).toBe(written[0].seq);
      }),
      { numRuns: 15 },
    );
  });
});
