import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Audited, by, newSafe, startAudited } from '../../../test/support/audited.ts';
import type { ExportFilter } from './export.ts';
import { readPublicKeys } from './verify-chain.ts';
import { verifyExport } from './verify-export.ts';

let audited: Audited;
beforeEach(async () => {
  audited = await startAudited();
  await audited.add(3, { organization: 'org_1' as never });
  await audited.auditLog.checkpoint('time');
  audited.advance(60_000);
  await audited.add(3, { organization: 'org_2' as never, details: { text: 'é "\\' } });
});
afterEach(() => audited.close());

async function exported(filter: ExportFilter = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of audited.auditLog.export(filter, by)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const verify = (file: Uint8Array, pinned?: { kid: string; publicKey: string }[]) =>
  verifyExport([file], pinned ? { pinned } : {});
const linesOf = (file: Buffer) => file.toString().trimEnd().split('\n');
const fileOf = (lines: readonly string[]) => Buffer.from(`${lines.join('\n')}\n`);

test('an export verifies with the file and the public key alone, and holds its own line', async () => {
  const file = await exported();
  const [key] = audited.auditLog.publicKeys();
  expect(await verify(file, [key!])).toEqual({
    valid: true,
    appliance: 'apl_test',
    exportedAt: Date.UTC(2026, 10, 20, 12, 1),
    signedBy: { kid: key?.kid, key: 'pinned' },
    lines: 7,
    omitted: 0,
    outside: 0,
    last: 7,
    checkpoints: 2,
    lastCheckpoint: expect.objectContaining({ seq: 7, kind: 'export' }),
    uncovered: 0,
    restores: [],
  });
  expect(JSON.parse(linesOf(file)[8]!)).toMatchObject({ is: 'line', seq: 7, action: 'audit.export' });
});

test('without a pinned key the report says that the file vouches for itself', async () => {
  expect(await verify(await exported())).toMatchObject({ valid: true, signedBy: { key: 'brought' } });
});

test('a file signed by another key is refused where the right one is given', async () => {
  const file = await exported();
  const stranger = await startAudited({ safe: { ...newSafe(), pair: generateKeyPairSync('ed25519') } });
  const report = await verify(file, stranger.auditLog.publicKeys());
  await stranger.close();
  expect(report).toMatchObject({
    valid: false,
    damage: { is: 'bad-signature', says: expect.stringContaining('a key that the file itself brings') },
  });
});

test('however the bytes arrive, the report is the same', async () => {
  const file = await exported();
  const whole = await verify(file);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: file.length }), { maxLength: 8 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), file.length];
      const chunks = at.slice(1).map((end, index) => file.subarray(at[index], end));
      expect(await verifyExport(chunks)).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});

test('any single flipped bit is found, with the right key and without', async () => {
  const file = await exported();
  const pinned = audited.auditLog.publicKeys();
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: file.length - 1 }),
      fc.nat({ max: 7 }),
      fc.boolean(),
      async (at, bit, pin) => {
        const flipped = Buffer.from(file);
        flipped[at]! ^= 1 << bit;
        expect((await verify(flipped, pin ? pinned : undefined)).valid).toBe(false);
      },
    ),
    { numRuns: 400 },
  );
});

test('every bit of the footer and of the header counts', async () => {
  const file = await exported();
  const footer = file.lastIndexOf('\n', file.length - 2) + 1;
  const header = file.indexOf('\n') + 1;
  const places = [
    ...Array.from({ length: file.length - footer }, (_, index) => footer + index),
    ...Array.from({ length: header }, (_, index) => index),
  ];
  for (const at of places) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(file);
      flipped[at]! ^= 1 << bit;
      expect([at, bit, (await verify(flipped)).valid]).toEqual([at, bit, false]);
    }
  }
});

test('any cut of the end is found', async () => {
  const file = await exported();
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: file.length - 1 }), async (length) => {
      expect((await verify(file.subarray(0, length))).valid).toBe(false);
    }),
    { numRuns: 60 },
  );
});

/** File lines: header, log lines 1 to 3, a checkpoint, log lines 4 to 7, a checkpoint, footer. */
describe('changes of a file are named', () => {
  const without = (lines: string[], index: number) => lines.filter((_, at) => at !== index);
  test.each([
    ['a line taken out', (lines: string[]) => without(lines, 2), { is: 'missing', seq: 2, fileLine: 3 }],
    [
      'two lines swapped',
      ([a, b, c, ...rest]: string[]) => [a, c, b, ...rest] as string[],
      { is: 'reordered', seq: 1 },
    ],
    [
      'a line changed',
      (lines: string[]) => lines.map((line, at) => (at === 2 ? line.replace('thing.do', 'thing.go') : line)),
      { is: 'changed', seq: 2, fileLine: 3 },
    ],
    [
      'a line twice',
      (lines: string[]) => [...lines.slice(0, 3), ...lines.slice(2)],
      { is: 'inserted', seq: 2 },
    ],
    ['a checkpoint taken out', (lines: string[]) => without(lines, 4), { is: 'checkpoint-missing', seq: 3 }],
    ['the footer taken off', (lines: string[]) => lines.slice(0, -1), { is: 'truncated' }],
    ['the end taken off', (lines: string[]) => [...lines.slice(0, 5), lines.at(-1)!], { is: 'changed' }],
    ['something behind the footer', (lines: string[]) => [...lines, lines[1]!], { is: 'inserted' }],
    ['the header taken off', (lines: string[]) => lines.slice(1), { is: 'not-an-export' }],
    ['nothing in it', () => [''], { is: 'not-an-export', seq: 0 }],
  ])('%s', async (_what, change, found) => {
    const file = fileOf(change(linesOf(await exported())));
    expect(await verify(file)).toMatchObject({ valid: false, damage: found });
  });

  test('an empty file, and a file that is something else', async () => {
    expect((await verify(Buffer.alloc(0))).damage?.is).toBe('not-an-export');
    expect((await verify(Buffer.from('{"a":1}\n'))).damage?.is).toBe('not-an-export');
    let given = 0;
    function* endless() {
      for (given = 0; ; given++) yield Buffer.alloc(1024 * 1024, 'x');
    }
    expect((await verifyExport(endless)).damage?.is).toBe('not-an-export');
    expect(given).toBe(16);
  });
});

describe('a filtered export', () => {
  test('shows one organization and carries the hashes of all other lines', async () => {
    const file = await exported({ organization: 'org_1' as never });
    expect(file.toString()).not.toContain('org_2');
    expect(await verify(file)).toMatchObject({
      valid: true,
      filter: { organization: 'org_1' },
      lines: 4,
      omitted: 3,
      last: 7,
    });
  });

  test('shows a time, from the first moment to before the last', async () => {
    const since = Date.UTC(2026, 10, 20, 12, 1);
    expect(await verify(await exported({ since }))).toMatchObject({ valid: true, lines: 4, omitted: 3 });
    expect(await verify(await exported({ until: since }))).toMatchObject({
      valid: true,
      lines: 3,
      omitted: 5,
    });
  });

  test('a line that is taken out of it is missed', async () => {
    const lines = linesOf(await exported({ organization: 'org_1' as never }));
    expect((await verify(fileOf(lines.filter((_, at) => at !== 6)))).damage).toMatchObject({
      is: 'missing',
      seq: 5,
    });
  });
});

test('a pruned log, and one with lines from before the chain, export whole', async () => {
  await audited.auditLog.checkpoint('time');
  audited.advance(60_000);
  expect(await audited.auditLog.prune({ ...by, before: Date.UTC(2026, 10, 20, 12, 1) })).toEqual({
    lines: 3,
  });
  expect(await verify(await exported())).toMatchObject({ valid: true, pruned: { through: 3 } });

  const old = await startAudited();
  await old.db
    .insertInto('audit')
    .values({
      id: 'aud_old',
      organization: null,
      actor: 'operator:ada',
      action: 'old.thing',
      target: null,
      outcome: 'done',
      request: null,
      details: '{}',
      at: 1,
    })
    .execute();
  await old.auditLog.begin();
  const chunks: Uint8Array[] = [];
  for await (const chunk of old.auditLog.export({}, by)) chunks.push(chunk);
  const filtered: Uint8Array[] = [];
  for await (const chunk of old.auditLog.export({ since: 1 }, by)) filtered.push(chunk);
  await old.close();
  expect(await verifyExport(filtered)).toMatchObject({ valid: true, outside: 0, lines: 3 });
  expect(await verifyExport(chunks)).toMatchObject({ valid: true, outside: 1, lines: 2 });
  const cut = linesOf(Buffer.concat(chunks)).filter((line) => !line.includes('"outside"'));
  expect((await verify(fileOf(cut))).damage?.is).toBe('outside-changed');
});

test('keys are read from what `audit keys` prints, and from nothing else', () => {
  const [key] = audited.auditLog.publicKeys();
  const printed = `# apl_1 ${key?.kid}\n${key?.publicKey}# apl_1 two\n${key?.publicKey}`;
  expect(readPublicKeys(printed)).toEqual([key, key]);
  for (const text of ['', 'PUBLIC KEY', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n']) {
    expect(() => readPublicKeys(text)).toThrow(/no public key/);
  }
});
