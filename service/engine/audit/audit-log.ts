import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { actForBox, coalesce, createOneAtATime } from '../../lib/turns.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { AuditLine } from './audit.ts';
import {
  hasLine,
  putCheckpoint,
  readHead,
  readLines,
  readNewestCheckpoint,
  readOutside,
} from './audit-store.ts';
import {
  beforeTheFirst,
  type Checkpoint,
  type CheckpointKind,
  type CheckpointNote,
  type Head,
  hashOutside,
} from './chain.ts';
import { readHeads } from './chains-store.ts';
import {
  type AuditSigning,
  type Checkpoints,
  createCheckpoints,
  forgedNote,
  type Gap,
} from './checkpoints.ts';
import { type ExportFilter, writeExport } from './export.ts';
import type { Foundation } from './foundation.ts';
import { ACCEPT_LOSS, HEADS, JOIN, LEAVE, REMOVE, saysHeads } from './joint.ts';
import { headsKeptByRecord, openKeptHeads } from './kept-heads.ts';
import { readNoted, withNoted } from './noted.ts';
import type { LostLines, OwnEnd } from './own-end.ts';
import { prune } from './prune.ts';
import { type By, createLineReading, type LineReading } from './read-lines.ts';
import { type AuditKey, type ChainReport, verifyChain } from './verify-chain.ts';

/** The whole log: what is done with it besides adding a line to a transaction. */
export interface AuditLog extends LineReading {
  /** A line in a transaction of its own, for what changes nothing: on disk before it resolves. */
  record(line: AuditLine): Promise<void>;
  /**
   * Once, before anything is added: an older log's lines are counted and hashed into line 1. Logs an error when the log does
   * not reach the checkpoint that the key store remembers. A node says that it joins.
   */
  begin(): Promise<void>;
  /** At a stop in order: the end is signed; a node says before that it leaves. */
  end(): Promise<void>;
  /** Signs the last line, when it has not been yet. Throws CONFLICT when the log does not pass through the noted checkpoint. */
  checkpoint(kind: CheckpointKind): Promise<Checkpoint | undefined>;
  /** A checkpoint when 1,000 lines or 10 minutes have passed since the last. Called again and again by the running service. */
  maintain(): Promise<void>;
  /**
   * After an older backup of the data was put back on purpose: the line "backup.restore", signed at once, names where the log
   * ended and what the key store remembers. Before anything else is added; again after it was cut short.
   */
  acknowledgeRestore(by: By & { details?: Record<string, unknown> }): Promise<void>;
  /**
   * An operator says that what a record that took over does not have is lost: the line "audit.accept-loss", signed at once as that of a
   * restore. Throws CONFLICT where nothing is lost.
   */
  acceptLoss(by: By): Promise<readonly LostLines[]>;
  /** What this machine has seen of the log, and the record has no more. */
  lost(): readonly LostLines[];
  /** Whether the log is shorter than this machine, or the key store, knows that it was; and no restore says why. */
  isShort(): Promise<boolean>;
  /** Looks for that, before a line is added to a record that may be an older one. Gives how often something was found since the start. */
  noticeLost(): Promise<number>;
  /**
   * Deletes, in every chain, lines older than `before` (ms since 1970) up to the last checkpoint among them, which stays as the place where
   * the chain begins. Throws CONFLICT while an export runs, and
   * for a damaged log, of which nothing is deleted.
   */
  prune(order: By & { before: number }): Promise<{ lines: number }>;
  verify(options?: { progress?: (seen: number, all: number) => void }): Promise<ChainReport>;
  /** JSON Lines (export.ts). The log's own line about it is on disk before the first byte. */
  export(filter: ExportFilter, by: By): AsyncIterable<Uint8Array>;
  appliance: string;
  /** Whose lines this process adds. */
  chain: string;
  /** Of nodes, in the order of their ids, and of the service before there were any. */
  chains(): Promise<AuditChain[]>;
  /** What the newest line of each node says of it. */
  nodes(): Promise<NodeInLog[]>;
  publicKeys(): AuditKey[];
}

interface NodeInLog {
  node: string;
  /** Of its newest line, ms since 1970. */
  at: number;
  /** It left in order, or an administrator took it away since. */
  left: boolean;
}

export interface AuditChain {
  /** Absent: the service that shares its database with none. */
  node?: string;
  /** Number of its last line. */
  last: number;
}

export interface AuditLogDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock' | 'log'> {
  signing: AuditSigning;
  /** Note of the newest checkpoint in the key store. */
  note: CheckpointNote;
  /** Its identity, in every signature (appliance-identity.ts). */
  appliance: string;
  /** As one of several, with a chain of its own. */
  node?: { id: string; version: string; address: string } | undefined;
  /** Where the record lies elsewhere: the file of this machine in which the ends of the chains are kept, and the end of its own. */
  machine?: { file: string; end: OwnEnd } | undefined;
}

export function createAuditLog(deps: AuditLogDeps): AuditLog {
  const { audit, db, inTransaction, signing, note, appliance, node, machine, clock, log } = deps;
  const chain = node?.id ?? '';
  const checkpoints = createCheckpoints({ ...deps, chain });
  const kept = machine
    ? openKeptHeads({ ...machine, chain, db, checkpoints, clock, log })
    : headsKeptByRecord;
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
    if (chain !== '' || (await readHead(db, chain)).seq > 0) return;
    const older = await hashOlderLines(db);
    if (older.lines === 0) return;
    await record({ actor: { is: 'appliance', task: 'audit' }, action: 'audit.begin', details: older });
  }

  const look = async (progress: { progress?: (seen: number, all: number) => void } = {}) => {
    await kept.compare();
    return verifyChain({
      db,
      keys: publicKeys(),
      appliance,
      ...progress,
      note: await note.read(),
      copies: () => note.copies(),
      lost: kept.lost(),
    });
  };

  /** The ends of the other chains, as the joint checkpoint names them: none of them names a line that is not before these ends. */
  async function readOthersAt({ seq }: Checkpoint): Promise<Head[]> {
    const [line] = await readLines(db, chain, { after: seq - 1, until: seq, limit: 1 });
    return (line && saysHeads(line)) ?? [];
  }

  async function join({ version, address }: NonNullable<AuditLogDeps['node']>): Promise<void> {
    const { seq } = await readHead(db, chain);
    const ending = await readEnding(db, chain, seq);
    await record({
      actor: { is: 'appliance', task: 'start' },
      action: JOIN,
      target: chain,
      details: { version, address, left: seq === 0 || ending?.word === LEAVE },
    });
  }

  /** What is signed is kept on this machine too. */
  async function keeping(made: Checkpoint | undefined): Promise<Checkpoint | undefined> {
    if (made) await kept.keep(await readHeads(db));
    return made;
  }
  const checkpoint: AuditLog['checkpoint'] = (kind) =>
    oneAtATime(async () => keeping(await checkpoints.make(kind)));
  /** Begun after the line of each export that shares it. */
  const checkpointOfExports = coalesce(() => actForBox(() => checkpoint('export')));

  return {
    record,
    async begin() {
      await kept.compare();
      const gap = await checkpoints.findGap(db);
      if (gap) logGap(log, gap);
      else await takeInOlderLines();
      if (node) await join(node);
      if (node && !gap) await checkpoint('time');
    },
    async end() {
      if (node) await record({ actor: { is: 'appliance', task: 'start' }, action: LEAVE, target: chain });
      await checkpoint('stop');
    },
    ...createLineReading(db, record),
    checkpoint,
    maintain: () =>
      oneAtATime(async () => {
        await kept.maintain();
        await keeping(await checkpoints.makeWhenDue());
      }),
    acknowledgeRestore: (order) =>
      oneAtATime(async () => {
        await takeInOlderLines();
        await acknowledgeRestore({ ...deps, chain, checkpoints }, order);
      }),
    acceptLoss: (by) =>
      oneAtATime(async () => {
        await kept.compare();
        const lost = kept.lost();
        const gap = await checkpoints.findGap(db);
        if (gap === 'forged') throw forgedNote();
        if (lost.length === 0 && gap === undefined)
          throw new Problem(
            'CONFLICT',
            'Nothing of the audit log is lost that this machine has seen: there is nothing to accept.',
          );
        const details = { lost: lost.map((one) => [one.chain, one.from ?? null, one.through]) };
        await acknowledgeRestore({ ...deps, chain, checkpoints }, { ...by, action: ACCEPT_LOSS, details });
        await kept.compare();
        return lost;
      }),
    lost: () => kept.lost(),
    isShort: async () => kept.lost().length > 0 || (await checkpoints.findGap(db)) !== undefined,
    noticeLost: () => kept.compare(),
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
        const own = await checkpointOfExports();
        const heads = [{ chain, ...own! }, ...(await readOthersAt(own!))];
        yield* writeExport({ db, signing, appliance, keys: publicKeys(), clock }, filter, heads);
      } finally {
        exports--;
      }
    },
    appliance,
    chain,
    chains: async () =>
      (await readHeads(db)).map(({ chain: of, seq: last }) => ({ ...(of !== '' && { node: of }), last })),
    async nodes() {
      const found: NodeInLog[] = [];
      for (const { chain: of, seq } of await readHeads(db)) {
        const ending = of === '' ? undefined : await readEnding(db, of, seq);
        if (ending === undefined) continue;
        const { word, at } = ending;
        const left = word === LEAVE || (await hasLine(db, { action: REMOVE, target: of, since: at }));
        found.push({ node: of, at, left });
      }
      return found;
    },
    publicKeys,
  };
}

/** The time of the newest line, and its action; where a node leaves, it signs with one line more. Undefined: no line is there. */
async function readEnding(
  db: Db,
  chain: string,
  seq: number,
): Promise<{ word: string; at: number } | undefined> {
  const lines = await readLines(db, chain, { after: seq - 2, until: seq, limit: 2 });
  const newest = lines.at(-1);
  if (newest === undefined) return undefined;
  const { action } = lines.findLast((line) => line.action !== HEADS) ?? newest;
  return { word: action, at: newest.at };
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

interface RestoreDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'clock'> {
  note: CheckpointNote;
  checkpoints: Checkpoints;
  chain: string;
}

export interface Acknowledged {
  details?: Record<string, unknown>;
  /** Unless given, a backup was restored. */
  action?: 'backup.restore' | typeof ACCEPT_LOSS;
}

/**
 * The line and its checkpoint in one transaction, then the note. After a crash in between, the line replaces the note:
 * it has the note's content.
 */
async function acknowledgeRestore(
  { inTransaction, audit, note, checkpoints, chain, clock }: RestoreDeps,
  { actor, request, details = {}, action = 'backup.restore' }: By & Acknowledged,
): Promise<void> {
  const state = await note.read();
  const noted = state.is === 'sound' ? readNoted(state.text) : undefined;
  const remembered = [...(noted ?? [])].map(([of, { seq, hash }]): Head => ({ chain: of, seq, hash }));
  const own = remembered.find((one) => one.chain === chain);
  const others = remembered.filter((one) => one !== own);
  const known = async (tx: Tx) => {
    for (const one of remembered) if (!(await checkpoints.isAcknowledged(tx, one))) return false;
    return remembered.length > 0;
  };
  const newest = await inTransaction(async (tx) => {
    const before = await readNewestCheckpoint(tx, chain);
    if (!before || action === ACCEPT_LOSS || !(await known(tx))) {
      const end = await readHead(tx, chain);
      await audit.add(tx, {
        actor,
        action,
        ...defined({ request }),
        details: {
          ...details,
          chain: end,
          noted: own ? { seq: own.seq, hash: own.hash } : end,
          ...(others.length > 0 && { others: others.map((one) => [one.chain, one.seq, one.hash]) }),
          // What the log had reached is not known then.
          ...(state.is === 'forged' && { note: 'forged' }),
        },
      });
      const head = await readHead(tx, chain);
      const place = { ...head, at: clock.now(), kind: 'restore', previous: before?.seq ?? 0 };
      await putCheckpoint(tx, chain, checkpoints.signed(place, chain));
    }
    const made: [string, Checkpoint][] = [];
    for (const head of await readHeads(tx)) {
      const last = await readNewestCheckpoint(tx, head.chain);
      // What the key store remembers of the others stays until they sign again.
      if (last && (head.chain === chain || !noted?.has(head.chain))) made.push([head.chain, last]);
    }
    return made;
  });
  await note.write((now) => newest.reduce<string | undefined>((text, one) => withNoted(text, ...one), now)!);
}
