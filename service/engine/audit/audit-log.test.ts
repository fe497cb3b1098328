import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Audited, by, startAudited } from '../../../test/support/audited.ts';
import type { StoredLine } from './chain.ts';
import { verifyExport } from './verify-export.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

let audited: Audited;
beforeEach(async () => {
  audited = await startAudited();
});
afterEach(() => audited.close());

const kinds = async () => (await audited.checkpoints()).map(({ seq, kind }) => `${kind} ${seq}`);
const actions = async () => (await audited.stored()).map(({ action }) => action);

describe('checkpoints', () => {
  test('the first lines are signed at once, later ones after ten minutes', async () => {
    await audited.auditLog.maintain();
    await audited.add(2);
    await audited.auditLog.maintain();
    await audited.add(1);
    audited.advance(10 * MINUTE - 1);
    await audited.auditLog.maintain();
    expect(await kinds()).toEqual(['time 2']);
    audited.advance(1);
    await audited.auditLog.maintain();
    audited.advance(60 * MINUTE);
    await audited.auditLog.maintain();
    expect(await kinds()).toEqual(['time 2', 'time 3']);
  });

  test('a thousand lines are signed before ten minutes have passed', async () => {
    await audited.add(1);
    await audited.auditLog.maintain();
    await audited.add(999);
    await audited.auditLog.maintain();
    expect(await kinds()).toEqual(['time 1']);
    await audited.add(1);
    await audited.auditLog.maintain();
    expect(await kinds()).toEqual(['time 1', 'lines 1001']);
  });

  test('a clock that was put back by a year does not end them', async () => {
    await audited.add(1);
    await audited.auditLog.maintain();
    audited.advance(-365 * DAY);
    await audited.add(1);
    await audited.auditLog.maintain();
    expect(await kinds()).toEqual(['time 1', 'time 2']);
    expect((await audited.auditLog.verify()).valid).toBe(true);
  });

  test('a failed signature is retried a minute later, not every second', async () => {
    await audited.add(2);
    await audited.auditLog.maintain();
    await audited.db.deleteFrom('audit').where('seq', '=', 2).execute();
    await audited.db.deleteFrom('audit_checkpoint').execute();
    await expect(audited.auditLog.maintain()).rejects.toMatchObject({ code: 'CONFLICT' });
    audited.advance(59_000);
    await audited.auditLog.maintain();
    audited.advance(1_000);
    await expect(audited.auditLog.maintain()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('a stop without a new line signs nothing; two at a time are one', async () => {
    expect(await audited.auditLog.checkpoint('stop')).toBeUndefined();
    await audited.add(1);
    const [first, second] = await Promise.all([
      audited.auditLog.checkpoint('stop'),
      audited.auditLog.checkpoint('stop'),
    ]);
    expect(second).toEqual(first);
    expect(await kinds()).toEqual(['stop 1']);
  });

  test('the database knows a checkpoint before the key store does', async () => {
    await audited.add(1);
    await audited.auditLog.checkpoint('stop');
    await audited.add(1);
    const before = [...audited.safe.notes];
    await audited.auditLog.checkpoint('stop');
    // As if it had been cut short in between.
    audited.safe.notes.clear();
    for (const [name, value] of before) audited.safe.notes.set(name, value);
    expect((await audited.auditLog.verify()).valid).toBe(true);
    await audited.auditLog.checkpoint('stop');
    expect([...audited.safe.notes.values()].map((text) => JSON.parse(text).seq)).toEqual([2]);
  });
});

describe('pruning', () => {
  /** Ten lines and a checkpoint a day, for five days. */
  async function fiveDays() {
    for (let day = 0; day < 5; day++) {
      await audited.add(10);
      await audited.auditLog.checkpoint('time');
      audited.advance(DAY);
    }
  }
  const daysAgo = (days: number) => Date.UTC(2026, 10, 25, 12) - days * DAY;

  test('deletes up to the last checkpoint of the term, which stays as where the chain begins', async () => {
    await fiveDays();
    const order = { ...by, before: daysAgo(2) };
    expect(await audited.auditLog.prune(order)).toEqual({ lines: 30 });
    const lines = await audited.stored();
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, index) => index + 31));
    expect(lines.at(-1)).toMatchObject({
      action: 'audit.prune',
      details: JSON.stringify({ before: order.before, through: 30 }),
    });
    await audited.auditLog.checkpoint('time');
    expect(await kinds()).toEqual(['prune 30', 'time 40', 'time 50', 'time 51']);
    expect(await audited.auditLog.verify()).toMatchObject({
      valid: true,
      lines: 21,
      pruned: { through: 30 },
    });
  });

  test('twice, to the very end, and again what is new: always a whole chain', async () => {
    await fiveDays();
    await audited.auditLog.prune({ ...by, before: daysAgo(4) });
    expect(await audited.auditLog.prune({ ...by, before: daysAgo(4) })).toEqual({ lines: 0 });
    await audited.auditLog.prune({ ...by, before: daysAgo(-1) });
    expect((await audited.auditLog.verify()).valid).toBe(true);
    await audited.add(3);
    expect(await audited.auditLog.verify()).toMatchObject({ valid: true, last: 55 });
    expect((await actions()).slice(0, 2)).toEqual(['audit.prune', 'audit.prune']);
  });

  test('nothing is deleted without a checkpoint, or before the term has passed', async () => {
    await audited.add(5);
    expect(await audited.auditLog.prune({ ...by, before: daysAgo(-1) })).toEqual({ lines: 0 });
    await audited.auditLog.checkpoint('time');
    expect(await audited.auditLog.prune({ ...by, before: Date.UTC(2026, 10, 20, 12) })).toEqual({ lines: 0 });
    expect(await actions()).toEqual(Array.from({ length: 5 }, () => 'thing.do'));
  });

  test('deletions beyond the anchor are detected', async () => {
    await fiveDays();
    await audited.auditLog.prune({ ...by, before: daysAgo(2) });
    await audited.db.deleteFrom('audit').where('seq', '<=', 35).execute();
    expect((await audited.auditLog.verify()).damage).toMatchObject({ seq: 31, is: 'missing' });
  });

  test('a log that was cut off is not pruned', async () => {
    await fiveDays();
    await audited.db.deleteFrom('audit').where('seq', '>', 45).execute();
    await expect(audited.auditLog.prune({ ...by, before: daysAgo(2) })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await audited.stored()).toHaveLength(45);
  });

  test('a running export keeps what it has not written yet', async () => {
    await fiveDays();
    const reading = audited.auditLog.export({}, by)[Symbol.asyncIterator]();
    await reading.next();
    await expect(audited.auditLog.prune({ ...by, before: daysAgo(2) })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('being exported'),
    });
    await reading.return?.();
    expect(await audited.auditLog.prune({ ...by, before: daysAgo(2) })).toEqual({ lines: 30 });
  });
});

test('exports that begin at one time share a checkpoint over the line of each', async () => {
  const node = audited.ofNode('node_a');
  await node.begin();
  const before = (await kinds()).length;
  const exported = async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of node.export({}, by)) chunks.push(chunk);
    return verifyExport(chunks);
  };
  const reports = await Promise.all(Array.from({ length: 6 }, exported));
  expect(reports.every(({ valid, uncovered }) => valid && uncovered === 0)).toBe(true);
  // The first began before the others had their lines.
  expect((await kinds()).length - before).toBe(2);
});

test('a verification beside writing, signing and pruning finds nothing wrong', async () => {
  for (let day = 0; day < 4; day++) {
    await audited.add(400);
    await audited.auditLog.checkpoint('time');
    audited.advance(DAY);
  }
  const beside = async () => {
    await audited.add(20);
    await audited.auditLog.checkpoint('time');
    await audited.auditLog.prune({ ...by, before: Date.UTC(2026, 10, 22, 12) });
    await audited.add(20);
    await audited.auditLog.checkpoint('time');
  };
  const [report] = await Promise.all([audited.auditLog.verify(), beside()]);
  expect(report.damage).toBeUndefined();
  expect((await audited.auditLog.verify()).pruned).toMatchObject({ through: 800 });
});

describe('reading', () => {
  test('is a line of the log, which says what was asked for', async () => {
    await audited.add(5, { organization: 'org_1' as never });
    await audited.add(1, { target: 'sub_1' });
    const filter = { organization: 'org_1' as never, action: 'thing.do', limit: 2 };
    const { lines, next } = await audited.auditLog.page(filter, { ...by, request: 'req_1' });
    expect(lines.map(({ seq }) => seq)).toEqual([5, 4]);
    expect(next).toBe(4);
    expect((await audited.stored()).at(-1)).toMatchObject({
      action: 'audit.read',
      organization: 'org_1',
      request: 'req_1',
      details: '{"action":"thing.do","lines":2}',
    });
    await audited.add(1, { details: { subject: 'sub_1' } });
    await audited.add(1, { details: { subject: 'sub_12' } });
    const about = await audited.auditLog.page({ subject: 'sub_1', limit: 9 }, by);
    expect(about.next).toBeUndefined();
    expect(about.lines.map(({ seq }) => seq)).toEqual([8, 6]);
    const older = await audited.auditLog.page({ ...filter, before: 4 }, by);
    expect(older.lines.map(({ seq }) => seq)).toEqual([3, 2]);
    expect((await audited.stored()).at(-1)).toMatchObject({
      details: '{"action":"thing.do","before":4,"lines":2}',
    });
  });

  test('a page that begins beyond the end is read from the end; in a chain that is not there is nothing', async () => {
    await audited.add(3);
    const far = Number.MAX_SAFE_INTEGER;
    const first = async (before: number | [string, number][]) =>
      (await audited.auditLog.page({ action: 'thing.do', limit: 9, before }, by)).lines.map(({ seq }) => seq);
    expect(await first(far)).toEqual([3, 2, 1]);
    expect(await first([...Array(99)].map(() => ['', far]))).toEqual([3, 2, 1]);
    expect(await first([['node_x', far]])).toEqual([]);
  });

  test('rare lines are found far back in the log', async () => {
    await audited.add(2, { action: 'rare.thing' });
    await audited.inTransaction(async (tx) => {
      for (let i = 0; i < 10_100; i++) await audited.audit.add(tx, audited.line());
    });
    await audited.add(1, { action: 'rare.thing' });
    const found = await audited.auditLog.page({ action: 'rare.thing', limit: 5 }, by);
    expect(found.lines.map(({ seq }) => seq)).toEqual([10_103, 2, 1]);
    expect(await audited.auditLog.page({ action: 'rare.thing', limit: 1 }, by)).toMatchObject({
      lines: [{ seq: 10_103 }],
      next: 10_103,
    });
  });

  test('nothing is read when the reading cannot be logged', async () => {
    await audited.add(1);
    await audited.db.schema.alterTable('audit').renameColumn('request', 'asked').execute();
    await expect(audited.auditLog.page({ limit: 9 }, by)).rejects.toThrow('request');
  });

  test('following gives each later line once, and is one line of the log', async () => {
    await audited.add(3);
    const end = new AbortController();
    let round = 0;
    const seen: StoredLine[][] = [];
    const pause = async () => {
      round++;
      if (round === 1) await audited.add(2);
      if (round === 3) end.abort();
    };
    for await (const page of audited.auditLog.follow(
      { limit: 2, action: 'thing.do' },
      { ...by, signal: end.signal, pause },
    )) {
      seen.push(page);
    }
    expect(seen.map((page) => page.map(({ seq }) => seq))).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect((await actions()).filter((action) => action === 'audit.read')).toHaveLength(1);
  });
});
