import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Damage } from '../../service/engine/audit/chain.ts';
import type { Db } from '../../service/storage/transaction.ts';
import { onSqlite } from '../storage/databases.ts';
import { type Audited, by, startAudited } from '../support/audited.ts';

interface Tampering {
  what: string;
  /** An attacker with the database and without the keys. */
  tamper(db: Db): Promise<unknown>;
  found: { seq: number; is: Damage['is'] };
}

const set = (column: string, value: unknown) => (db: Db) =>
  sql`update audit set ${sql.ref(column)} = ${value} where seq = 6`.execute(db);

/** One for each column of a line. */
const changes: Tampering[] = [
  ...(
    [
      ['id', 'aud_other'],
      ['organization', 'org_other'],
      ['actor', 'operator:eve'],
      ['action', 'thing.undo'],
      ['target', 'thing_other'],
      ['outcome', 'refused'],
      ['request', 'req_other'],
      ['details', '{"a":2}'],
      ['at', 1],
      ['subject', 'sub_other'],
      ['personal_sealed', Buffer.from([1, 2, 3])],
      ['previous_hash', 'f'.repeat(64)],
      ['hash', 'f'.repeat(64)],
    ] as const
  ).map(([column, value]) => ({
    what: `the column ${column} of a line was changed`,
    tamper: set(column, value),
    found: { seq: 6, is: 'changed' as const },
  })),
  ...(['organization', 'target', 'request'] as const).map((column) => ({
    what: `the column ${column} of a line was emptied`,
    tamper: set(column, null),
    found: { seq: 6, is: 'changed' as const },
  })),
];

const swap = async (db: Db) => {
  await sql`update audit set seq = -1 where seq = 6`.execute(db);
  await sql`update audit set seq = 6 where seq = 7`.execute(db);
  await sql`update audit set seq = 7 where seq = -1`.execute(db);
};

/** Copies line `seq` of the log under another id. */
const copyAs = (db: Db, from: number, seq: number | null) =>
  sql`insert into audit (id, organization, actor, action, target, outcome, request, details, at, seq, subject, personal_sealed, previous_hash, hash)
      select 'aud_copy', organization, actor, action, target, outcome, request, details, at, ${seq}, subject, personal_sealed, previous_hash, hash
      from audit where seq = ${from}`.execute(db);

/** The log has lines 1 to 30; checkpoints at 10, 20 and 28. */
const tamperings: Tampering[] = [
  ...changes,
  {
    what: 'a line lost its place in the chain',
    tamper: set('seq', null),
    found: { seq: 6, is: 'missing' },
  },
  {
    what: 'a line was deleted',
    tamper: (db) => sql`delete from audit where seq = 6`.execute(db),
    found: { seq: 6, is: 'missing' },
  },
  {
    what: 'the first lines were deleted',
    tamper: (db) => sql`delete from audit where seq <= 10`.execute(db),
    found: { seq: 1, is: 'missing' },
  },
  { what: 'two lines were swapped', tamper: swap, found: { seq: 6, is: 'reordered' } },
  {
    what: 'a line was put at the end',
    tamper: (db) => copyAs(db, 6, 31),
    found: { seq: 31, is: 'changed' },
  },
  {
    what: 'a line was put before the beginning',
    tamper: (db) => copyAs(db, 6, 0),
    found: { seq: 30, is: 'inserted' },
  },
  {
    what: 'a line was put outside the chain',
    tamper: (db) => copyAs(db, 6, null),
    found: { seq: 1, is: 'outside-changed' },
  },
  {
    what: 'a second line took the number of another',
    async tamper(db) {
      await sql`drop index audit_seq`.execute(db);
      await copyAs(db, 6, 6);
    },
    found: { seq: 6, is: 'inserted' },
  },
  {
    what: 'the end was cut off behind the last checkpoint but one',
    async tamper(db) {
      await sql`delete from audit where seq > 20`.execute(db);
      await sql`delete from audit_checkpoint where seq > 20`.execute(db);
    },
    found: { seq: 21, is: 'truncated' },
  },
  {
    what: 'the end was cut off and the checkpoints were left',
    tamper: (db) => sql`delete from audit where seq > 25`.execute(db),
    found: { seq: 26, is: 'truncated' },
  },
  {
    what: 'everything was deleted',
    async tamper(db) {
      await sql`delete from audit`.execute(db);
      await sql`delete from audit_checkpoint`.execute(db);
    },
    found: { seq: 1, is: 'truncated' },
  },
  ...[10, 20, 28].map((seq) => ({
    what: `the checkpoint at ${seq} was deleted`,
    tamper: (db: Db) => sql`delete from audit_checkpoint where seq = ${seq}`.execute(db),
    found: { seq, is: 'checkpoint-missing' as const },
  })),
  {
    what: 'all checkpoints were deleted',
    tamper: (db) => sql`delete from audit_checkpoint`.execute(db),
    found: { seq: 28, is: 'checkpoint-missing' },
  },
  ...(
    [
      ['hash', 'f'.repeat(64)],
      ['at', 1],
      ['kind', 'prune'],
      ['previous', 0],
      ['kid', '0'.repeat(16)],
      ['signature', 'A'.repeat(86)],
    ] as const
  ).map(([column, value]) => ({
    what: `the column ${column} of a checkpoint was changed`,
    tamper: (db: Db) =>
      sql`update audit_checkpoint set ${sql.ref(column)} = ${value} where seq = 20`.execute(db),
    found: { seq: 20, is: 'bad-signature' as const },
  })),
  {
    what: 'a checkpoint was moved to another line',
    tamper: (db) => sql`update audit_checkpoint set seq = 19 where seq = 20`.execute(db),
    found: { seq: 19, is: 'bad-signature' },
  },
  {
    what: 'a checkpoint was made the place up to which lines were pruned',
    async tamper(db) {
      await sql`delete from audit where seq <= 10`.execute(db);
      await sql`update audit_checkpoint set kind = 'prune' where seq = 10`.execute(db);
    },
    found: { seq: 10, is: 'bad-signature' },
  },
];

onSqlite('tampering with the audit log', (newLocation) => {
  let audited: Audited;
  beforeEach(async () => {
    audited = await startAudited({ location: await newLocation() });
    const whole = { target: 'thing_1', request: 'req_1', organization: 'org_1' as never, details: { a: 1 } };
    for (const lines of [10, 10, 8]) {
      await audited.add(lines, whole);
      await audited.auditLog.checkpoint('time');
    }
    await audited.add(2, whole);
  });
  afterEach(() => audited.close());

  test('nothing is found where nothing was done', async () => {
    expect(await audited.auditLog.verify()).toMatchObject({
      valid: true,
      lines: 30,
      checkpoints: 3,
      lastCheckpoint: { seq: 28 },
      uncovered: 2,
    });
  });

  test.each(tamperings)('$what: found and named', async ({ tamper, found }) => {
    await tamper(audited.db);
    const { valid, damage } = await audited.auditLog.verify();
    expect({ valid, seq: damage?.seq, is: damage?.is }).toEqual({ valid: false, ...found });
  });

  test('what is written on top of a cut does not hide it, and nothing is signed there', async () => {
    await sql`delete from audit where seq > 20`.execute(audited.db);
    await sql`delete from audit_checkpoint where seq > 20`.execute(audited.db);
    await audited.add(20);
    await expect(audited.auditLog.checkpoint('time')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('checkpoint at line 28'),
    });
    expect(await audited.auditLog.verify()).toMatchObject({
      valid: false,
      damage: { seq: 28, is: 'changed' },
    });
  });

  test('a forged line about a restore does not make the appliance sign over a cut', async () => {
    const [, note] = [...audited.safe.notes][0]!;
    const { seq, hash } = JSON.parse(note);
    await sql`delete from audit where seq > 20`.execute(audited.db);
    await sql`delete from audit_checkpoint where seq > 20`.execute(audited.db);
    // The chain has no secret: a writer of the database can extend it.
    await audited.add(1, { action: 'backup.restore', details: { chain: { seq: 20 }, noted: { seq, hash } } });
    await expect(audited.auditLog.checkpoint('time')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await audited.auditLog.verify()).damage).toMatchObject({ seq: 22, is: 'truncated' });
  });

  test('a checkpoint whose time was set back gets nothing pruned, and nothing is signed behind a forged one', async () => {
    await sql`update audit_checkpoint set at = 1 where seq <= 20`.execute(audited.db);
    await expect(audited.auditLog.prune({ ...by, before: 1_000 })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('nothing was pruned'),
    });
    await sql`update audit_checkpoint set signature = 'A' where seq = 28`.execute(audited.db);
    await expect(audited.auditLog.checkpoint('time')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('checkpoint of the audit log at line 28'),
    });
    expect(await audited.stored()).toHaveLength(30);
  });

  test('the note in the key store taken away, or changed, is found too', async () => {
    const [name, note] = [...audited.safe.notes][0]!;
    audited.safe.notes.delete(name);
    expect((await audited.auditLog.verify()).damage).toMatchObject({ seq: 28, is: 'checkpoint-missing' });
    audited.safe.notes.set(name, note.replace('"seq":28', '"seq":27'));
    expect((await audited.auditLog.verify()).damage).toMatchObject({ is: 'bad-signature' });
    audited.safe.notes.set(name, '{');
    expect((await audited.auditLog.verify()).damage).toMatchObject({ is: 'bad-signature' });
  });

  test('a log written anew from some line on, with hashes that fit, misses the next checkpoint', async () => {
    const other = await startAudited({ location: await newLocation() });
    await other.add(30, { target: 'forged' });
    const forged = await other.stored();
    await other.close();
    await sql`delete from audit`.execute(audited.db);
    for (const line of forged) await audited.db.insertInto('audit').values(line).execute();
    expect((await audited.auditLog.verify()).damage).toMatchObject({ seq: 1, is: 'changed' });
  });

  test('a start reports it in the log', async () => {
    await sql`delete from audit where seq > 20`.execute(audited.db);
    await audited.auditLog.begin();
    expect(audited.logged).toEqual([
      [{ lastLine: 20, remembered: 28 }, expect.stringContaining('gatehouse audit verify')],
    ]);
  });
});

describe('an older database beside newer keys', () => {
  test('is found, until an operator acknowledges the restore; then it is listed as a restore', async () => {
    const before = await startAudited();
    await before.add(20);
    await before.auditLog.checkpoint('time');
    await before.add(5);
    const [lines, checkpoints] = [await before.stored(), await before.checkpoints()];
    await before.add(30);
    await before.auditLog.checkpoint('time');
    await before.close();

    const after = await startAudited({ safe: before.safe });
    for (const line of lines) await after.db.insertInto('audit').values(line).execute();
    for (const one of checkpoints) await after.db.insertInto('audit_checkpoint').values(one).execute();
    expect((await after.auditLog.verify()).damage).toMatchObject({ seq: 26, is: 'truncated' });

    const [name, note] = [...before.safe.notes][0]!;
    await after.auditLog.acknowledgeRestore({ ...by, details: { file: 'backup-1' } });
    // As if it had been cut short before the key store knew: again is not a second restore.
    before.safe.notes.set(name, note);
    expect((await after.auditLog.verify()).valid).toBe(true);
    await after.auditLog.acknowledgeRestore({ ...by, details: { file: 'backup-1' } });
    await after.add(40);
    await after.auditLog.checkpoint('time');
    expect(await after.auditLog.verify()).toMatchObject({
      valid: true,
      last: 66,
      restores: [{ seq: 26, restoredTo: 25, before: 55 }],
    });
    await after.close();
  });

  test('a backup from before the chain is accepted, and listed as a restore', async () => {
    const before = await startAudited();
    await before.add(3);
    const lines = await before.stored();
    await before.auditLog.checkpoint('time');
    await before.close();
    const after = await startAudited({ safe: before.safe });
    for (const { seq: _, previous_hash: __, hash: ___, ...line } of lines) {
      await after.db.insertInto('audit').values(line).execute();
    }
    await after.auditLog.acknowledgeRestore(by);
    await after.auditLog.begin();
    await after.add(1);
    expect(await after.auditLog.verify()).toMatchObject({
      valid: true,
      outside: 3,
      lines: 3,
      restores: [{ seq: 2, restoredTo: 1, before: 3 }],
    });
    expect(after.logged).toEqual([]);
    await after.close();
  });
});
