import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit, AuditLine } from './audit.ts';
import { type LineFilter, readHead, readOutside } from './audit-store.ts';
import { beforeTheFirst, hashOutside, type StoredLine } from './chain.ts';
import type { Checkpoint, CheckpointKind } from './checkpoint.ts';
import type { CheckpointNote } from './checkpoint-note.ts';
import { type AuditSigning, createCheckpoints, type Gap } from './checkpoints.ts';
import { type ExportFilter, writeExport } from './export.ts';
import { prune } from './prune.ts';
import { readNewest, readNext } from './read-newest.ts';
import { acknowledgeRestore } from './restore.ts';
import { type AuditKey, type ChainReport, verifyChain } from './verify-chain.ts';

/** Who asks, and in which request. */
export interface By {
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
