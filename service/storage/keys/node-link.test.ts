import { expect, test } from 'vitest';
import { createMasterKey } from '../master/master-key.ts';
import { NODE_LINK, openNodeLink } from './node-link.ts';
import type { WrappedSecret } from './wrapped-key.ts';

async function openBoth() {
  const rows = new Map<string, WrappedSecret>();
  let time = 0;
  const held: Promise<void>[] = [];
  const keys = {
    async secrets() {
      const found = [...rows.values()];
      await held.shift();
      return found;
    },
    async addSecret(row: WrappedSecret) {
      if (rows.has(row.name)) return false;
      rows.set(row.name, row);
      return true;
    },
    replaceSecret: async (row: WrappedSecret) => void rows.set(row.name, row),
  };
  const deps = { keys, master: createMasterKey(new Uint8Array(32)), now: () => time };
  return {
    a: await openNodeLink(deps),
    b: await openNodeLink(deps),
    deps,
    rows,
    held,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

test('nodes share one secret, and each run has a key of its own by it', async () => {
  const { a, b } = await openBoth();
  const shown = a.shown();
  expect(b.shown().id).toBe(shown.id);
  expect(b.accepted(shown.id)?.keyOf('run')).toEqual(shown.keyOf('run'));
  expect(shown.keyOf('other')).not.toEqual(shown.keyOf('run'));
  expect(a.accepted('another')).toBeUndefined();
});

test('a new one is shown once every node knows it, and the one before is accepted as long as one may show it, and no longer', async () => {
  const { a, b, pass } = await openBoth();
  const former = a.shown();
  await a.renew();
  expect(a.shown().id).toBe(former.id);
  pass(2_000);
  await b.reload([NODE_LINK]);
  pass(1_000);
  const next = a.shown();
  expect(next.id).not.toBe(former.id);
  expect(b.shown().id).toBe(former.id);
  for (const node of [a, b])
    expect([node.accepted(former.id)?.id, node.accepted(next.id)?.id]).toEqual([former.id, next.id]);
  pass(7_000);
  expect([a.accepted(former.id), b.accepted(former.id)?.id]).toEqual([undefined, former.id]);
  pass(2_000);
  expect(b.accepted(former.id)).toBeUndefined();
  expect(b.shown().id).toBe(next.id);
});

test('one that is renewed twice at once leaves the newest alone', async () => {
  const { a, pass } = await openBoth();
  const ids = [a.shown().id];
  for (const _ of [1, 2]) {
    await a.renew();
    pass(1_000);
  }
  pass(10_000);
  expect(ids).not.toContain(a.shown().id);
  expect(a.accepted(ids[0]!)).toBeUndefined();
});

test('one that is replaced before all know it is shown by none', async () => {
  const { a, b, pass } = await openBoth();
  const former = a.shown().id;
  await a.renew();
  pass(1_900);
  await a.renew();
  await b.reload([NODE_LINK]);
  pass(1_200);
  expect([a.shown().id, b.shown().id]).toEqual([former, former]);
  pass(1_800);
  expect([a.shown().id, b.shown().id]).not.toContain(former);
  expect(a.shown().id).toBe(b.shown().id);
});

test('one that is read late does not come behind a newer one', async () => {
  const { a, b, held, pass } = await openBoth();
  await a.renew();
  let go = () => {};
  held.push(
    new Promise((done) => {
      go = done;
    }),
  );
  const late = b.reload([NODE_LINK]);
  await Promise.resolve();
  await a.renew();
  const next = b.reload([NODE_LINK]);
  go();
  await Promise.all([late, next]);
  pass(3_000);
  expect(b.shown().id).toBe(a.shown().id);
});

test('a node that has not looked for longer than the others wait shows it at once', async () => {
  const { a, b, pass } = await openBoth();
  await a.renew();
  pass(11_000);
  await b.reload([NODE_LINK], 11_000);
  expect(b.shown().id).toBe(a.shown().id);
  expect(a.accepted(b.shown().id)?.keyOf('run')).toEqual(b.shown().keyOf('run'));
});

test('two that find none share what the first one made', async () => {
  const { deps, rows, held } = await openBoth();
  rows.clear();
  let go = () => {};
  held.push(
    new Promise((done) => {
      go = done;
    }),
  );
  const second = openNodeLink(deps);
  const c = await openNodeLink(deps);
  go();
  const d = await second;
  const { id } = c.shown();
  expect(d.shown().id).toBe(id);
  expect((await openNodeLink(deps)).shown().id).toBe(id);
});
