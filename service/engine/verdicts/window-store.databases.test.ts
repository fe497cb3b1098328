import { afterEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import {
  deleteOldWindows,
  deleteWindowsOf,
  insertPrints,
  insertWindows,
  printOf,
  type SeenWindow,
  selectIndexedWindows,
  selectWindowsFrom,
} from './window-store.ts';

let engine: Engine;

onBothDatabases('windows that were seen', (newPlace) => {
  afterEach(() => engine.stop());

  const windowOf = (organization: SeenWindow['organization'], n: number, seenAt: number): SeenWindow => ({
    ...{ organization, world: 'live', fingerprint: String(n).padStart(22, '0') },
    ...{ sidHash: `sid ${n}`, seq: n, upMs: n + 0.5, seenAt },
  });
  const left = async () =>
    (await engine.db.selectFrom('behavior_window').select('seq').orderBy('seq').execute()).map(
      ({ seq }) => seq,
    );
  const add = (windows: SeenWindow[]) =>
    engine.inTransaction(async (tx) => {
      await insertWindows(tx, windows);
      await insertPrints(
        tx,
        windows.map(({ fingerprint, seenAt }) => ({ print: printOf(fingerprint), seenAt })),
      );
    });
  const prints = () => engine.db.selectFrom('behavior_window_print').selectAll().execute();

  test('are found by organization, world and the whole fingerprint', async () => {
    engine = await startEngine({ place: await newPlace() });
    const { organization } = engine;
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    // The index leads to both: their fingerprints begin with the same characters.
    await add([windowOf(organization, 1, 5), windowOf(organization, 2, 5), windowOf(other, 3, 5)]);
    const asked = (of: SeenWindow['organization'], world: 'live' | 'test', n: number) => ({
      ...windowOf(of, n, 0),
      world,
    });
    const find = (...windows: ReturnType<typeof asked>[]) => selectIndexedWindows(engine.db, windows);
    const second = { sidHash: 'sid 2', seq: 2, upMs: 2.5 };
    expect(await find(asked(organization, 'live', 2))).toEqual([second]);
    expect(await find(asked(organization, 'test', 2))).toEqual([undefined]);
    expect(await find(asked(organization, 'live', 3))).toEqual([undefined]);
    const some = [asked(other, 'live', 3), asked(other, 'live', 2), asked(organization, 'live', 2)];
    expect(await find(...some)).toEqual([{ sidHash: 'sid 3', seq: 3, upMs: 3.5 }, undefined, second]);
    expect(await find()).toEqual([]);
  });

  test('the oldest are deleted, some at a time, and those of one moment together', async () => {
    engine = await startEngine({ place: await newPlace() });
    await add([1, 1, 2, 3, 3, 3, 4].map((seenAt, n) => windowOf(engine.organization, n, seenAt)));
    const deleteSome = () => engine.inTransaction((tx) => deleteOldWindows(tx, 4, 3));
    expect(await deleteSome()).toBe(3);
    expect(await left()).toEqual([3, 4, 5, 6]);
    expect(await deleteSome()).toBe(3);
    expect(await deleteSome()).toBe(0);
    expect(await left()).toEqual([6]);
    expect(await prints()).toEqual([{ print: '00000000', seen_at: 4 }]);
  });

  test('of an organization all are deleted, wherever they lie among those of others', async () => {
    engine = await startEngine({ place: await newPlace() });
    const { organization } = engine;
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    // Three slices: each is gone through in a transaction of its own.
    const all = Array.from({ length: 5_000 }, (_, n) =>
      windowOf(n % 1_000 === 999 ? other : organization, n, Math.floor(n / 3)),
    );
    await add(all);
    await deleteWindowsOf(engine.inTransaction, organization);
    expect(await left()).toEqual([999, 1_999, 2_999, 3_999, 4_999]);
    await deleteWindowsOf(engine.inTransaction, other);
    expect(await left()).toEqual([]);
    expect(await prints()).toEqual([]);
  });

  test('are read again from a moment on, some at a time, and those of one moment together', async () => {
    engine = await startEngine({ place: await newPlace() });
    await add(Array.from({ length: 4_500 }, (_, n) => windowOf(engine.organization, n, Math.floor(n / 3))));
    const found: string[] = [];
    const slices: number[] = [];
    for (let from: number | undefined = 100; from !== undefined; ) {
      const { windows, next } = await selectWindowsFrom(engine.db, from);
      found.push(...windows.map(({ fingerprint }) => fingerprint));
      slices.push(windows.length);
      from = next;
    }
    expect(slices).toEqual([2_001, 2_001, 198]);
    expect(new Set(found).size).toBe(4_200);
    expect(found).toContain(windowOf(engine.organization, 300, 100).fingerprint);
  });
});
