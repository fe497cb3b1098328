import { afterEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { addWindow, deleteOldWindows, deleteWindowsOf, type SeenWindow } from './verdict-store.ts';

let engine: Engine;

onBothDatabases('windows that were seen', (newLocation) => {
  afterEach(() => engine.stop());

  const windowOf = (organization: SeenWindow['organization'], n: number, seenAt: number): SeenWindow => ({
    organization,
    world: 'live',
    fingerprint: String(n).padStart(22, '0'),
    sidHash: `sid ${n}`,
    seq: n,
    upMs: n + 0.5,
    seenAt,
  });
  const left = async () =>
    (await engine.db.selectFrom('behavior_window').select('seq').orderBy('seq').execute()).map(
      ({ seq }) => seq,
    );
  const add = (windows: readonly SeenWindow[]) =>
    engine.inTransaction(async (tx) => {
      const earlier = [];
      for (const one of windows) earlier.push(await addWindow(tx, one));
      return earlier;
    });

  test('are found by organization, world and the whole fingerprint, as they were first seen', async () => {
    engine = await startEngine({ location: await newLocation() });
    const { organization } = engine;
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const first = windowOf(organization, 1, 5);
    const again = { ...first, sidHash: 'another sid', seq: 9, upMs: 0, seenAt: 6 };
    const seen = { sidHash: 'sid 1', seq: 1, upMs: 1.5 };
    expect(await add([first, again])).toEqual([undefined, seen]);
    const elsewhere: SeenWindow[] = [
      { ...again, organization: other },
      { ...again, world: 'test' },
      windowOf(organization, 2, 5),
    ];
    expect(await add(elsewhere)).toEqual([undefined, undefined, undefined]);
    expect(await add([again])).toEqual([seen]);
  });

  test('the oldest are deleted, some at a time', async () => {
    engine = await startEngine({ location: await newLocation() });
    await add([1, 1, 2, 3, 4].map((seenAt, n) => windowOf(engine.organization, n, seenAt)));
    const deleteSome = () => engine.inTransaction((tx) => deleteOldWindows(tx, 4, 3));
    expect([await deleteSome(), await left()]).toEqual([3, [3, 4]]);
    expect([await deleteSome(), await left()]).toEqual([1, [4]]);
    expect(await deleteSome()).toBe(0);
  });

  test('of an organization all are deleted, and none of another', async () => {
    engine = await startEngine({ location: await newLocation() });
    const { organization } = engine;
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    // Two slices, each in a transaction of its own.
    await add(
      Array.from({ length: 2_500 }, (_, n) => windowOf(n % 1_000 === 999 ? other : organization, n, n)),
    );
    await deleteWindowsOf(engine.inTransaction, organization);
    expect(await left()).toEqual([999, 1_999]);
    await deleteWindowsOf(engine.inTransaction, other);
    expect(await left()).toEqual([]);
  });
});
