import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit, AuditLine } from './audit.ts';
import {
  deleteThrough,
  type LineFilter,
  putCheckpoint,
  readCheckpointAt,
  readFirstCheckpointSince,
  readHead,
  readLastCheckpointIn,
  readMatching,
  readNewestCheckpoint,
  readNextCheckpoint,
  readOldestCheckpoint,
  readOutside,
} from './audit-store.ts';
import {
  beforeTheFirst,
  type Checkpoint,
  type CheckpointKind,
  type CheckpointNote,
  hashOutside,
  readNote,
  type StoredLine,
} from './chain.ts';
import { type AuditSigning, type Checkpoints, createCheckpoints, type Gap, notOurs } from './checkpoints.ts';
import { type ExportFilter, writeExport } from './export.ts';
import { type AuditKey, type ChainReport, verifyChain } from './verify-chain.ts';

/** Who asks, and in which request. */
interface By {
  actor: Actor;
  request?: string;
}

/** The whole log: what is done with it besides adding a line to a transaction. */
export interface AuditLog {
  /** A line in a transaction of its own, for what changes nothing: on disk before it resolves. */
  record(line: AuditLine): Promise<void>;
  /**
   * Once, before anything is added: an older log's lines are counted and hashed into line 1. Logs an error when the log does
   * not reach the checkpoint that the key store remembers.
   */
  begin(): Promise<void>;
  /**
   * A page of the lines that fit, the newest first; one line more than `limit` where more follow. `before` is a `seq`. Each page is
   * itself a line of the log.
   */
  page(filter: LineFilter & { before?: number; limit: number }, by: By): Promise<StoredLine[]>;
  /** The newest lines that fit, oldest first, then each that is added, until `signal` is aborted; one line of the log in all. */
  follow(
    filter: LineFilter & { limit: number },
    by: By & { signal: AbortSignal; pause: () => Promise<void> },
  ): AsyncIterable<StoredLine[]>;
  /** Signs the last line, when it has not been yet. Throws CONFLICT when the log does not pass through the noted checkpoint. */
  checkpoint(kind: CheckpointKind): Promise<Checkpoint | undefined>;
  /** A checkpoint when 1,000 lines or 10 minutes have passed since the last. Called again and again by the running service. */
  tend(): Promise<void>;
  /**
   * After an older backup of the data was put back on purpose: the line "backup.restore", signed at once, names where the log
   * ended and what the key store remembers. Before anything else is added; again after it was cut short.
   */
  acknowledgeRestore(by: By & { details?: Record<string, unknown> }): Promise<void>;
  /**
   * Deletes lines older than `before` (ms since 1970) up to the last checkpoint among them, which stays as the place where
   * the chain begins. Throws CONFLICT while an export runs, and
   * for a damaged log, of which nothing is deleted.
   */
  prune(order: By & { before: number }): Promise<{ lines: number }>;
  verify(options?: { progress?: (seen: number, all: number) => void }): Promise<ChainReport>;
  /** JSON Lines (export.ts). The log's own line about it is on disk before the first byte. */
  export(filter: ExportFilter, by: By): AsyncIterable<Uint8Array>;
  appliance: string;
  publicKeys(): AuditKey[];
}

export interface AuditLogDeps {
  audit: Audit;
  db: Db;
  inTransaction: InTransaction;
  signing: AuditSigning;
  /** Note of the newest checkpoint in the key store. */
  note: CheckpointNote;
  /** Its identity, in every signature (appliance-identity.ts). */
  appliance: string;
  clock: Clock;
  log: Log;
}

export function createAuditLog(deps: AuditLogDeps): AuditLog {
  const { audit, db, inTransaction, signing, note, appliance, clock, log } = deps;
  const checkpoints = createCheckpoints(deps);
  /** Two checkpoints at a time could note the older one last. */
  const oneAtATime = createOneAtATime();
  let exports = 0;

  const record: AuditLog['record'] = (line) => inTransaction((tx) => audit.add(tx, line));
  const publicKeys = () =>
    signing
      .publicKeys()
      .filter(({ purpose }) => purpose === 'audit')
      .map(({ kid, publicKey }) => ({ kid, publicKey }));

  /** Line 1 of an older log counts the lines before it. */
  async function takeInOlderLines(): Promise<void> {
    if ((await readHead(db)).seq > 0) return;
    const older = await hashOlderLines(db);
    if (older.lines === 0) return;
    await record({ actor: { is: 'appliance', task: 'audit' }, action: 'audit.begin', details: older });
  }

  const look = async (progress: { progress?: (seen: number, all: number) => void } = {}) =>
    verifyChain({
      db,
      keys: publicKeys(),
      appliance,
      ...progress,
      note: await note.read(),
      copies: () => note.copies(),
    });

  return {
    record,
    async begin() {
      const gap = await checkpoints.findGap(db);
      if (gap) logGap(log, gap);
      else await takeInOlderLines();
    },
    ...createLineReading(db, record),
    checkpoint: (kind) => oneAtATime(() => checkpoints.make(kind)),
    tend: () => oneAtATime(() => checkpoints.makeWhenDue()),
    acknowledgeRestore: (order) =>
      oneAtATime(async () => {
        await takeInOlderLines();
        await acknowledgeRestore({ ...deps, checkpoints }, order);
      }),
    prune: (order) =>
      oneAtATime(async () => {
        if (exports > 0) {
          throw new Problem(
            'CONFLICT',
            'The audit log is being exported: nothing was pruned. Prune when the export has ended.',
          );
        }
        return prune({ ...deps, checkpoints, verify: () => look() }, order);
      }),
    async verify(options) {
      const report = await look(options);
      // Lines that were pruned under its eyes are no damage.
      return report.valid ? report : oneAtATime(() => look(options));
    },
    async *export(filter, by) {
      const { organization, since, until } = filter;
      exports++;
      try {
        const details = { since, until };
        await record({ ...by, action: 'audit.export', ...defined({ organization }), details });
        const checkpoint = await oneAtATime(() => checkpoints.make('export'));
        yield* writeExport({ db, signing, appliance, keys: publicKeys(), clock }, filter, checkpoint!.seq);
      } finally {
        exports--;
      }
    },
    appliance,
    publicKeys,
  };
}

/** Each reading is itself a line of the log. */
function createLineReading(db: Db, record: AuditLog['record']): Pick<AuditLog, 'page' | 'follow'> {
  const recordRead = ({ organization, ...rest }: LineFilter, by: By, details: Record<string, unknown>) =>
    record({ ...by, action: 'audit.read', ...defined({ organization }), details: { ...rest, ...details } });

  return {
    async page({ limit, before, ...filter }, by) {
      const until = before === undefined ? (await readHead(db)).seq : before - 1;
      const lines = await readNewest(db, filter, { until, limit: limit + 1 });
      await recordRead(filter, by, defined({ before, lines: Math.min(lines.length, limit) }));
      return lines.reverse();
    },
    async *follow({ limit, ...filter }, { signal, pause, ...by }) {
      let { seq: after } = await readHead(db);
      const first = await readNewest(db, filter, { until: after, limit });
      await recordRead(filter, by, { follow: true });
      yield first;
      while (!signal.aborted) {
        const { lines, until } = await readNext(db, filter, after);
        after = until;
        if (lines.length > 0) yield lines;
        await pause();
      }
    },
  };
}

/** Hashes the lines that are older than the chain. */
async function hashOlderLines(db: Db): Promise<{ lines: number; hash: string }> {
  let hash = beforeTheFirst;
  let lines = 0;
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await readOutside(db, { after, limit: 500 });
    for (const line of page) hash = hashOutside(hash, line);
    lines += page.length;
    after = page.at(-1)?.id;
  }
  return { lines, hash };
}

function logGap(log: Log, gap: Gap | 'forged'): void {
  if (gap === 'forged') {
    log.error(
      {},
      'the note of the newest audit checkpoint in the key store was changed or deleted: run "gatehouse audit verify"',
    );
    return;
  }
  log.error(
    { lastLine: gap.chain.seq, remembered: gap.noted.seq },
    'the audit log does not reach the checkpoint that the key store remembers: run "gatehouse audit verify"',
  );
}

/** Lines deleted in one transaction, if checkpoints are close enough. */
const LINES_AT_A_TIME = 5_000;

interface PruneDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  checkpoints: Checkpoints;
  clock: Clock;
  verify(): Promise<Pick<ChainReport, 'damage'>>;
}

/**
 * Only a whole log. In steps, each of which leaves a whole chain: the checkpoint it deletes up to is signed anew as 'prune' and stays. The log's
 * line about it is written with the first step.
 */
async function prune(
  { db, inTransaction, audit, checkpoints, clock, verify }: PruneDeps,
  { before, actor, request }: { before: number; actor: Actor; request?: string },
): Promise<{ lines: number }> {
  const oldest = await readOldestCheckpoint(db);
  const start = oldest?.kind === 'prune' ? oldest.seq : 0;
  // Lines are older than the checkpoint behind them. A line dated too old by a clock set back is deleted with those before it.
  const kept = await readFirstCheckpointSince(db, start, before);
  const last = await readLastCheckpointIn(db, start, kept ? kept.seq - 1 : (await readHead(db)).seq);
  if (!last) return { lines: 0 };
  const { damage } = await verify();
  if (damage) {
    throw new Problem(
      'CONFLICT',
      `The audit log is damaged, and nothing was pruned, so that it can be looked into. ${damage.says}`,
    );
  }
  // The key store then remembers a checkpoint that stays, and a log that was cut off is not pruned on top.
  await checkpoints.make('time');
  let lines = 0;
  for (let at = start; at < last.seq; ) {
    const step =
      (await readLastCheckpointIn(db, at, Math.min(at + LINES_AT_A_TIME, last.seq))) ??
      (await readNextCheckpoint(db, at));
    if (!step) break;
    lines += await inTransaction(async (tx) => {
      const checkpoint = await readCheckpointAt(tx, step.seq);
      if (!checkpoint) return 0;
      // Its time decides: setting it back must not get the lines deleted.
      if (!checkpoints.isOurs(checkpoint) || checkpoint.at >= before) throw notOurs(checkpoint);
      const { seq, hash } = checkpoint;
      await putCheckpoint(tx, checkpoints.signed({ seq, hash, at: clock.now(), kind: 'prune', previous: 0 }));
      if (at === start) {
        await audit.add(tx, {
          actor,
          action: 'audit.prune',
          ...defined({ request }),
          details: { before, through: last.seq },
        });
      }
      return deleteThrough(tx, seq);
    });
    at = step.seq;
  }
  return { lines };
}

/** Lines read in one query: on SQLite other requests wait meanwhile. */
const WINDOW = 5_000;

/** The newest `limit` lines up to `until` that fit, oldest first; backwards through the log until there are enough. */
async function readNewest(
  db: Db,
  filter: LineFilter,
  { until, limit }: { until: number; limit: number },
): Promise<StoredLine[]> {
  const found: StoredLine[][] = [];
  let missing = limit;
  for (let top = until; top > 0 && missing > 0; top -= WINDOW) {
    const lines = await readMatching(db, filter, { after: top - WINDOW, until: top, limit: missing });
    found.unshift(lines);
    missing -= lines.length;
    await turn();
  }
  return found.flat();
}

/** The matching lines after `after`, and the last line read. */
async function readNext(
  db: Db,
  filter: LineFilter,
  after: number,
): Promise<{ lines: StoredLine[]; until: number }> {
  const until = Math.min((await readHead(db)).seq, after + WINDOW);
  if (until <= after) return { lines: [], until: after };
  return { lines: await readMatching(db, filter, { after, until, limit: WINDOW }), until };
}

interface RestoreDeps {
  inTransaction: InTransaction;
  audit: Audit;
  note: CheckpointNote;
  checkpoints: Checkpoints;
  clock: Clock;
}

/**
 * The line and its checkpoint in one transaction, then the note. After a crash in between, the line replaces the note:
 * it has the note's content.
 */
async function acknowledgeRestore(
  { inTransaction, audit, note, checkpoints, clock }: RestoreDeps,
  { actor, request, details = {} }: { actor: Actor; request?: string; details?: Record<string, unknown> },
): Promise<void> {
  const state = await note.read();
  const noted = state.is === 'sound' ? readNote(state.text) : undefined;
  const checkpoint = await inTransaction(async (tx) => {
    const newest = await readNewestCheckpoint(tx);
    if (noted && newest && (await checkpoints.isAcknowledged(tx, noted))) return newest;
    const chain = await readHead(tx);
    await audit.add(tx, {
      actor,
      action: 'backup.restore',
      ...defined({ request }),
      details: {
        ...details,
        chain,
        noted: noted ? { seq: noted.seq, hash: noted.hash } : chain,
        // What the log had reached is not known then.
        ...(state.is === 'forged' && { note: 'forged' }),
      },
    });
    const head = await readHead(tx);
    const made = checkpoints.signed({
      ...head,
      at: clock.now(),
      kind: 'restore',
      previous: newest?.seq ?? 0,
    });
    await putCheckpoint(tx, made);
    return made;
  });
  await checkpoints.note(checkpoint);
}
