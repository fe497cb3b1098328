import type { Insertable, Selectable } from 'kysely';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import { type Sealer, sealJson } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { beforeTheFirst, type Checkpoint, hashLine, type OutsideLine, type StoredLine } from './chain.ts';

export { keyId, verifySignature } from '../../storage/keys/signing-keys.ts';

export type SealPersonal = Pick<Sealer, 'seal'>;

/** Position of the sealed details of a line. */
export const personalPlace = ({
  id,
  organization,
  subject,
}: {
  id: string;
  organization: OrganizationId;
  subject: SubjectId;
}) => ({ organization, subject, field: `audit.personal/${id}`, version: 1 });

/** Under the person's key. */
export const sealPersonal = (
  sealer: SealPersonal,
  line: { id: string; organization: OrganizationId; subject: SubjectId },
  values: Record<string, unknown>,
): Promise<Uint8Array> => sealJson(sealer, personalPlace(line), values);

/** Where the chain ends. */
export interface Head {
  /** 0 before the first line. */
  seq: number;
  hash: string;
}

export async function readHead(db: Db): Promise<Head> {
  const row = await db
    .selectFrom('audit')
    .select(['seq', 'hash'])
    .where('seq', 'is not', null)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { seq: row.seq!, hash: row.hash ?? '' } : { seq: 0, hash: beforeTheFirst };
}

/** As the chain's next line. Transactions are serialized (connection.ts), so no other line takes its number. */
export async function appendLine(tx: Tx, line: OutsideLine): Promise<Head> {
  const head = await readHead(tx);
  const chained = { ...line, seq: head.seq + 1, previousHash: head.hash };
  const hash = hashLine(chained);
  await tx
    .insertInto('audit')
    .values(toRow({ ...chained, hash }))
    .execute();
  return { seq: chained.seq, hash };
}

/** Up to `limit` lines after `after`, up to and including `until`, in order. */
export async function readLines(
  db: Db,
  { after, until, limit }: { after: number; until: number; limit: number },
): Promise<StoredLine[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('seq', '>', after)
    .where('seq', '<=', until)
    // An attacker who drops the index can give two lines one number.
    .orderBy('seq')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** Up to `limit` lines from before the chain, in the order of their ids. */
export async function readOutside(
  db: Db,
  { after, limit }: { after: string; limit: number },
): Promise<OutsideLine[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('seq', 'is', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const { seq: _, previousHash: __, hash: ___, ...line } = fromRow(row);
    return line;
  });
}

export async function countLines(db: Db, until: number): Promise<number> {
  const { count } = await db
    .selectFrom('audit')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('seq', '<=', until)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The filter of a reader; every given field must match. */
export interface LineFilter {
  organization?: OrganizationId;
  action?: string;
  /** A person's id: the lines about them, naming them in details, or carrying their personal details. */
  subject?: string;
  /** As `describeActor` writes it; a kind alone, such as `administrator`, for all of that kind. */
  actor?: string;
  /** Ms since 1970, included. */
  since?: number;
  /** Ms since 1970, not included. */
  until?: number;
}

/** The newest `limit` of the lines with `after < seq <= until` that fit, oldest first. */
export async function readMatching(
  db: Db,
  { organization, action, subject, actor, since, until: before }: LineFilter,
  { after, until, limit }: { after: number; until: number; limit: number },
): Promise<StoredLine[]> {
  let query = db.selectFrom('audit').selectAll().where('seq', '>', after).where('seq', '<=', until);
  if (organization !== undefined) query = query.where('organization', '=', organization);
  if (action !== undefined) query = query.where('action', '=', action);
  if (since !== undefined) query = query.where('at', '>=', since);
  if (before !== undefined) query = query.where('at', '<', before);
  if (actor !== undefined)
    query = actor.includes(':')
      ? query.where('actor', '=', actor)
      : query.where('actor', 'like', `${actor}:%`);
  if (subject !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('target', '=', subject),
        eb('subject', '=', subject),
        eb('details', 'like', `%"${subject}"%`),
      ]),
    );
  }
  const newestFirst = await query.orderBy('seq', 'desc').limit(limit).execute();
  return newestFirst.reverse().map(fromRow);
}

export async function readHash(db: Db, seq: number): Promise<string | undefined> {
  const row = await db.selectFrom('audit').select('hash').where('seq', '=', seq).executeTakeFirst();
  return row?.hash ?? undefined;
}

/** The first checkpoint after line `after` that was made at `time` (ms since 1970) or later. */
export async function readFirstCheckpointSince(
  db: Db,
  after: number,
  time: number,
): Promise<Checkpoint | undefined> {
  return checkpoints(db)
    .where('seq', '>', after)
    .where('at', '>=', time)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
}

/** The lines with this action, the newest last. */
export async function readByAction(db: Db, action: string): Promise<StoredLine[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', action)
    .where('seq', 'is not', null)
    .orderBy('seq')
    .execute();
  return rows.map(fromRow);
}

/** Lines up to `through`, the checkpoints before it, and whatever is from before the chain. */
export async function deleteThrough(tx: Tx, through: number): Promise<number> {
  await tx.deleteFrom('audit').where('seq', 'is', null).execute();
  const { numDeletedRows } = await tx.deleteFrom('audit').where('seq', '<=', through).executeTakeFirst();
  await tx.deleteFrom('audit_checkpoint').where('seq', '<', through).execute();
  return Number(numDeletedRows);
}

const checkpoints = (db: Db) => db.selectFrom('audit_checkpoint').selectAll();

export const readNewestCheckpoint = (db: Db): Promise<Checkpoint | undefined> =>
  checkpoints(db).orderBy('seq', 'desc').limit(1).executeTakeFirst();

export const readOldestCheckpoint = (db: Db): Promise<Checkpoint | undefined> =>
  checkpoints(db).orderBy('seq').limit(1).executeTakeFirst();

/** The newest with `after < seq <= until`. */
export const readLastCheckpointIn = (db: Db, after: number, until: number): Promise<Checkpoint | undefined> =>
  checkpoints(db)
    .where('seq', '>', after)
    .where('seq', '<=', until)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The oldest with `seq > after`. */
export const readNextCheckpoint = (db: Db, after: number): Promise<Checkpoint | undefined> =>
  checkpoints(db).where('seq', '>', after).orderBy('seq').limit(1).executeTakeFirst();

export const readCheckpointAt = (db: Db, seq: number): Promise<Checkpoint | undefined> =>
  checkpoints(db).where('seq', '=', seq).executeTakeFirst();

/** All with `after < seq <= until`, in order. */
export const readCheckpoints = (db: Db, after: number, until: number): Promise<Checkpoint[]> =>
  checkpoints(db).where('seq', '>', after).where('seq', '<=', until).orderBy('seq').execute();

/** In place of one at the same line. */
export async function putCheckpoint(tx: Tx, checkpoint: Checkpoint): Promise<void> {
  const { seq, ...rest } = checkpoint;
  await tx
    .insertInto('audit_checkpoint')
    .values(checkpoint)
    .onConflict((conflict) => conflict.column('seq').doUpdateSet(rest))
    .execute();
}

function toRow(line: StoredLine): Insertable<Schema['audit']> {
  const { personalSealed, previousHash, ...rest } = line;
  return {
    ...rest,
    personal_sealed: personalSealed === null ? null : Buffer.from(personalSealed, 'base64'),
    previous_hash: previousHash,
  };
}

function fromRow(row: Selectable<Schema['audit']>): StoredLine {
  return {
    seq: row.seq ?? 0,
    id: row.id,
    organization: row.organization,
    actor: row.actor,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    request: row.request,
    details: row.details,
    at: row.at,
    subject: row.subject,
    personalSealed: row.personal_sealed === null ? null : Buffer.from(row.personal_sealed).toString('base64'),
    previousHash: row.previous_hash ?? '',
    hash: row.hash ?? '',
  };
}

/** Who did this to the target, and the details, the oldest first. */
export async function readDone(
  db: Db,
  { action, target }: { action: string; target: string },
): Promise<{ actor: string; details: string }[]> {
  return db
    .selectFrom('audit')
    .select(['actor', 'details'])
    .where('target', '=', target)
    .where('action', '=', action)
    .where('outcome', '=', 'done')
    .orderBy('id')
    .execute();
}

/** Whether the log has a line with this action about this target. */
export async function hasLine(
  db: Db,
  { action, target }: { action: string; target: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('audit')
    .select('id')
    .where('target', '=', target)
    .where('action', '=', action)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
