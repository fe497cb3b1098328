import type { Insertable, Selectable } from 'kysely';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { countRows, findsRow } from '../../storage/rows.ts';
import type { Schema } from '../../storage/schema.ts';
import { type Sealer, sealJson } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  beginningOf,
  type ChainLine,
  type Checkpoint,
  type CheckpointKind,
  hashLine,
  type OutsideLine,
  type SeenLine,
  type StoredLine,
} from './chain.ts';

export { keyId, verifySignature } from '../../storage/keys/signing-keys.ts';

export type SealPersonal = Pick<Sealer, 'seal'>;

/** Position of the sealed details of a line. */
export const personalContext = ({
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
): Promise<Uint8Array> => sealJson(sealer, personalContext(line), values);

/** Where the chain ends: at its last line, at the checkpoint that pruning left of it, or before its first line (0). */
export async function readHead(db: Db, chain: string): Promise<SeenLine> {
  const row = await db
    .selectFrom('audit')
    .select(['seq', 'hash'])
    .where('chain', '=', chain)
    .where('seq', 'is not', null)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row) return { seq: row.seq!, hash: row.hash ?? '' };
  const newest = await readNewestCheckpoint(db, chain);
  return newest?.kind === 'prune'
    ? { seq: newest.seq, hash: newest.hash }
    : { seq: 0, hash: beginningOf(chain) };
}

/** As the chain's next line. A chain has one writer, whose transactions are serialized (connection.ts), so no other line takes its number. */
export async function appendLine(tx: Tx, chain: string, line: OutsideLine): Promise<SeenLine> {
  const head = await readHead(tx, chain);
  const chained = { ...line, seq: head.seq + 1, previousHash: head.hash };
  const hash = hashLine(chained);
  await tx
    .insertInto('audit')
    .values(toRow({ ...chained, hash, chain }))
    .execute();
  return { seq: chained.seq, hash };
}

/** Up to `limit` lines after `after`, up to and including `until`, in order. */
export async function readLines(
  db: Db,
  chain: string,
  { after, until, limit }: { after: number; until: number; limit: number },
): Promise<StoredLine[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('chain', '=', chain)
    .where('seq', '>', after)
    .where('seq', '<=', until)
    // An attacker who drops the index can give two lines one number.
    .orderBy('seq')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(fromRow).map(withoutChain);
}

/** Up to `limit` lines from before the chain, in the order of their ids. */
export async function readOutside(
  db: Db,
  { after, limit }: { after: string; limit: number },
): Promise<OutsideLine[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('chain', '=', '')
    .where('seq', 'is', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const { seq: _, previousHash: __, hash: ___, ...line } = withoutChain(fromRow(row));
    return line;
  });
}

export const countLines = (db: Db, chain: string, until: number): Promise<number> =>
  db.selectFrom('audit').where('chain', '=', chain).where('seq', '<=', until).$call(countRows);

/** The filter of a reader; every given field must match. */
export interface LineFilter {
  organization?: OrganizationId;
  action?: string;
  /** A person's id: the lines about them, naming them in details, or carrying their personal details. */
  subject?: string;
  /** As `describeActor` writes it; a kind alone, such as `administrator`, for all of that kind. */
  actor?: string;
  /** The `x-request-id` of the request that did it. */
  request?: string;
  /** Ms since 1970, included. */
  since?: number;
  /** Ms since 1970, not included. */
  until?: number;
}

/** The newest `limit` of the lines of the chain with `after < seq <= until` that fit, oldest first. */
export async function readMatching(
  db: Db,
  chain: string,
  { organization, action, subject, actor, request, since, until: before }: LineFilter,
  { after, until, limit }: { after: number; until: number; limit: number },
): Promise<ChainLine[]> {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .where('chain', '=', chain)
    .where('seq', '>', after)
    .where('seq', '<=', until);
  if (organization !== undefined) query = query.where('organization', '=', organization);
  if (action !== undefined) query = query.where('action', '=', action);
  if (request !== undefined) query = query.where('request', '=', request);
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

export async function readHash(db: Db, chain: string, seq: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('audit')
    .select('hash')
    .where('chain', '=', chain)
    .where('seq', '=', seq)
    .executeTakeFirst();
  return row?.hash ?? undefined;
}

/** The lines of all chains that a checkpoint of this kind lies at. */
export async function readSignedAs(db: Db, kind: CheckpointKind): Promise<ChainLine[]> {
  const made = await db
    .selectFrom('audit_checkpoint')
    .select(['chain', 'seq'])
    .where('kind', '=', kind)
    .execute();
  const lines: ChainLine[] = [];
  for (const { chain, seq } of made)
    for (const line of await readLines(db, chain, { after: seq - 1, until: seq, limit: 1 }))
      lines.push({ ...line, chain });
  return lines;
}

/** Lines of the chain up to `through`, the checkpoints before it, and whatever is from before there were chains. */
export async function deleteThrough(tx: Tx, chain: string, through: number): Promise<number> {
  if (chain === '') await tx.deleteFrom('audit').where('chain', '=', '').where('seq', 'is', null).execute();
  const { numDeletedRows } = await tx
    .deleteFrom('audit')
    .where('chain', '=', chain)
    .where('seq', '<=', through)
    .executeTakeFirst();
  await tx.deleteFrom('audit_checkpoint').where('chain', '=', chain).where('seq', '<', through).execute();
  return Number(numDeletedRows);
}

const checkpoints = (db: Db, chain: string) =>
  db
    .selectFrom('audit_checkpoint')
    .select(['seq', 'hash', 'at', 'kind', 'previous', 'kid', 'signature'])
    .where('chain', '=', chain);

/** The first checkpoint after line `after` that was made at `time` (ms since 1970) or later. */
export const readFirstCheckpointSince = (
  db: Db,
  chain: string,
  after: number,
  time: number,
): Promise<Checkpoint | undefined> =>
  checkpoints(db, chain)
    .where('seq', '>', after)
    .where('at', '>=', time)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();

export const readNewestCheckpoint = (db: Db, chain: string): Promise<Checkpoint | undefined> =>
  checkpoints(db, chain).orderBy('seq', 'desc').limit(1).executeTakeFirst();

export const readOldestCheckpoint = (db: Db, chain: string): Promise<Checkpoint | undefined> =>
  checkpoints(db, chain).orderBy('seq').limit(1).executeTakeFirst();

/** The newest with `after < seq <= until`. */
export const readLastCheckpointIn = (
  db: Db,
  chain: string,
  after: number,
  until: number,
): Promise<Checkpoint | undefined> =>
  checkpoints(db, chain)
    .where('seq', '>', after)
    .where('seq', '<=', until)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The oldest with `seq > after`. */
export const readNextCheckpoint = (db: Db, chain: string, after: number): Promise<Checkpoint | undefined> =>
  checkpoints(db, chain).where('seq', '>', after).orderBy('seq').limit(1).executeTakeFirst();

export const readCheckpointAt = (db: Db, chain: string, seq: number): Promise<Checkpoint | undefined> =>
  checkpoints(db, chain).where('seq', '=', seq).executeTakeFirst();

/** All with `after < seq <= until`, in order. */
export const readCheckpoints = (db: Db, chain: string, after: number, until: number): Promise<Checkpoint[]> =>
  checkpoints(db, chain).where('seq', '>', after).where('seq', '<=', until).orderBy('seq').execute();

/** In place of one at the same line. */
export async function putCheckpoint(tx: Tx, chain: string, checkpoint: Checkpoint): Promise<void> {
  const { seq, ...rest } = checkpoint;
  await tx
    .insertInto('audit_checkpoint')
    .values({ chain, ...checkpoint })
    .onConflict((conflict) => conflict.columns(['chain', 'seq']).doUpdateSet(rest))
    .execute();
}

function toRow(line: ChainLine): Insertable<Schema['audit']> {
  const { personalSealed, previousHash, ...rest } = line;
  return {
    ...rest,
    personal_sealed: personalSealed === null ? null : Buffer.from(personalSealed, 'base64'),
    previous_hash: previousHash,
  };
}

function fromRow(row: Selectable<Schema['audit']>): ChainLine {
  return {
    chain: row.chain,
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

const withoutChain = ({ chain: _, ...line }: ChainLine): StoredLine => line;

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

/** Whether the log has a line with this action about this target, made at `since` (ms since 1970) or later. */
export const hasLine = (
  db: Db,
  { action, target, since = 0 }: { action: string; target: string; since?: number },
): Promise<boolean> =>
  db
    .selectFrom('audit')
    .select('id')
    .where('target', '=', target)
    .where('action', '=', action)
    .where('at', '>=', since)
    .limit(1)
    .$call(findsRow);
