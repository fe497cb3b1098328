import { type Insertable, sql } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import { isSound, type RowIntegrity, withMac } from '../../../storage/keys/protected-tables.ts';
import { deleteRows } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, InTransaction, Tx } from '../../../storage/transaction.ts';
import {
  type Asked,
  type Finding,
  scoreOf,
  type TokenRecord,
  type VerdictKind,
  type VerdictRealm,
} from './verdict.ts';

export type VerdictIntegrity = RowIntegrity;

export interface NewVerdict extends VerdictRealm {
  id: string;
  tokenHash: string;
  lineage: string;
  kind: VerdictKind;
  userHash: string;
  finding: Finding;
  evidence: number;
  /** Rules and layers that decided, for the console. */
  parts?: object | undefined;
  judgedAt: number;
  expiresAt: number;
  asked?: Asked | undefined;
}

/** A verdict as the console lists it. */
export interface PastVerdict extends Finding {
  id: string;
  kind: VerdictKind;
  evidence: number;
  parts: Record<string, unknown> | undefined;
  judgedAt: number;
  expiresAt: number;
}

const DAY = 86_400_000;

function toRow(verdict: NewVerdict, integrity: VerdictIntegrity): Insertable<Schema['behavior_verdict']> {
  const { finding, parts } = verdict;
  const row = {
    id: verdict.id,
    token_hash: verdict.tokenHash,
    organization: verdict.organization,
    world: verdict.world,
    lineage: verdict.lineage,
    kind: verdict.kind,
    user_hash: verdict.userHash,
    human: finding.human ? 1 : 0,
    confidence: finding.confidence,
    evidence: verdict.evidence,
    agent: finding.agent === undefined ? null : JSON.stringify(finding.agent),
    notes: JSON.stringify(finding.notes),
    parts: parts === undefined ? null : JSON.stringify(parts),
    judged_at: verdict.judgedAt,
    expires_at: verdict.expiresAt,
    asked: verdict.asked === undefined ? null : JSON.stringify(verdict.asked),
  };
  return withMac(integrity, 'behavior_verdict', row);
}

export async function insertVerdict(tx: Tx, integrity: VerdictIntegrity, verdict: NewVerdict): Promise<void> {
  await tx.insertInto('behavior_verdict').values(toRow(verdict, integrity)).execute();
  await countScore(tx, verdict);
}

/** One more of its day and score. */
async function countScore(tx: Tx, { organization, world, judgedAt, finding }: NewVerdict): Promise<void> {
  const day = judgedAt - (judgedAt % DAY);
  const agents = finding.agent?.is_agent ? 1 : 0;
  await tx
    .insertInto('behavior_tally')
    .values({ organization, world, day, score: scoreOf(finding.confidence), verdicts: 1, agents })
    .onConflict((conflict) =>
      conflict.columns(['organization', 'world', 'day', 'score']).doUpdateSet((eb) => ({
        verdicts: eb('behavior_tally.verdicts', '+', eb.ref('excluded.verdicts')),
        agents: eb('behavior_tally.agents', '+', eb.ref('excluded.agents')),
      })),
    )
    .execute();
}

/**
 * `storedForms`: of one token. Undefined for another organization or world, and where another program wrote the row (`altered` is called
 * then).
 */
export async function selectToken(
  from: Db | Tx,
  { organization, world }: VerdictRealm,
  storedForms: readonly string[],
  { integrity, altered }: { integrity: VerdictIntegrity; altered(id: string): void },
): Promise<TokenRecord | undefined> {
  const row = await from
    .selectFrom('behavior_verdict')
    .selectAll()
    .where('token_hash', 'in', storedForms)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .executeTakeFirst();
  if (!row) return undefined;
  if (!isSound(integrity, 'behavior_verdict', row)) {
    altered(row.id);
    return undefined;
  }
  return {
    tokenHash: row.token_hash,
    kind: row.kind as VerdictKind,
    userHash: row.user_hash,
    lineage: row.lineage,
    human: row.human === 1,
    score: scoreOf(row.confidence),
    confidence: row.confidence,
    issuedAt: row.judged_at,
    expiresAt: row.expires_at,
    ...(row.asked !== null && { asked: JSON.parse(row.asked) as Asked }),
  };
}

/** The newest first, older than `before`. */
export async function selectVerdicts(
  db: Db,
  { organization, world }: VerdictRealm,
  { before, limit, human }: { before?: string; limit: number; human?: boolean },
): Promise<PastVerdict[]> {
  const rows = await db
    .selectFrom('behavior_verdict')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .$if(human !== undefined, (query) => query.where('human', '=', human ? 1 : 0))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as VerdictKind,
    human: row.human === 1,
    confidence: row.confidence,
    score: scoreOf(row.confidence),
    evidence: row.evidence,
    notes: parseJson<string[]>(row.notes) ?? [],
    ...defined({ agent: row.agent === null ? undefined : parseJson<PastVerdict['agent']>(row.agent) }),
    parts: row.parts === null ? undefined : parseJson<PastVerdict['parts']>(row.parts),
    judgedAt: row.judged_at,
    expiresAt: row.expires_at,
  }));
}

/** How many verdicts had each score, from the day on that holds `since`. */
export function selectTallies(
  db: Db,
  { organization, world }: VerdictRealm,
  since: number,
): Promise<{ score: number; verdicts: number; agents: number }[]> {
  return db
    .selectFrom('behavior_tally')
    .select((eb) => [
      'score',
      sql<number>`cast(${eb.fn.sum('verdicts')} as bigint)`.as('verdicts'),
      sql<number>`cast(${eb.fn.sum('agents')} as bigint)`.as('agents'),
    ])
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('day', '>=', since - (since % DAY))
    .groupBy('score')
    .orderBy('score')
    .execute();
}

/** Deletes at most `limit` whose tokens have run out. */
export const deleteExpired = (tx: Tx, now: number, limit: number): Promise<number> =>
  tx
    .deleteFrom('behavior_verdict')
    .where('token_hash', 'in', (from) =>
      from.selectFrom('behavior_verdict').select('token_hash').where('expires_at', '<=', now).limit(limit),
    )
    .$call(deleteRows);

/** Of days that are over for longer. */
export async function deleteTallies(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('behavior_tally').where('day', '<', before).execute();
}

/** Everything of an organization that is erased. */
export async function deleteVerdictsOf(inTransaction: InTransaction, organization: string): Promise<void> {
  await inTransaction(async (tx) => {
    await tx.deleteFrom('behavior_verdict').where('organization', '=', organization).execute();
    await tx.deleteFrom('behavior_tally').where('organization', '=', organization).execute();
  });
  await deleteWindowsOf(inTransaction, organization);
}

/** A window of behavior as it was first seen. */
export interface SeenWindow extends VerdictRealm {
  fingerprint: string;
  sidHash: string;
  seq: number;
  upMs: number;
  seenAt: number;
}

export type EarlierWindow = Pick<SeenWindow, 'sidHash' | 'seq' | 'upMs'>;

/** Adds it, unless there is one with its fingerprint in its realm: then that one is given, as it was first seen. */
export async function addWindow(
  tx: Tx,
  { organization, world, fingerprint, sidHash, seq, upMs, seenAt }: SeenWindow,
): Promise<EarlierWindow | undefined> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('behavior_window')
    .values({ organization, world, fingerprint, sid_hash: sidHash, seq, up_ms: upMs, seen_at: seenAt })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return undefined;
  const earlier = await tx
    .selectFrom('behavior_window')
    .select(['sid_hash', 'seq', 'up_ms'])
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirstOrThrow();
  return { sidHash: earlier.sid_hash, seq: earlier.seq, upMs: earlier.up_ms };
}

/** Deletes some `limit` of those that were seen before this moment; fewer: there are no more. */
export const deleteOldWindows = (tx: Tx, before: number, limit: number): Promise<number> =>
  deleteChosen(tx, sql`seen_at < ${before} limit ${limit}`);

/** Rows of one transaction: nothing else is answered meanwhile. */
const SLICE = 500;

/** All of an organization, some at a time. */
export async function deleteWindowsOf(inTransaction: InTransaction, organization: string): Promise<void> {
  const chosen = sql`organization = ${organization} limit ${SLICE}`;
  while ((await inTransaction((tx) => deleteChosen(tx, chosen))) === SLICE);
}

async function deleteChosen(tx: Tx, chosen: ReturnType<typeof sql>): Promise<number> {
  const { numAffectedRows = 0n } = await sql`delete from behavior_window
    where (organization, world, fingerprint) in (
      select organization, world, fingerprint from behavior_window where ${chosen}
    )`.execute(tx);
  return Number(numAffectedRows);
}
