import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db } from '../../storage/transaction.ts';
import type { Actor } from './audit.ts';
import {
  deleteThrough,
  putCheckpoint,
  readCheckpointAt,
  readFirstCheckpointSince,
  readLastCheckpointIn,
  readNextCheckpoint,
  readOldestCheckpoint,
} from './audit-store.ts';
import type { Head } from './chain.ts';
import { readHeads } from './chains-store.ts';
import { type Checkpoints, notOurs } from './checkpoints.ts';
import type { Foundation } from './foundation.ts';
import type { ChainReport } from './verify-chain.ts';

/** Lines deleted in one transaction, if checkpoints are close enough. */
const LINES_AT_A_TIME = 5_000;

interface PruneDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  checkpoints: Checkpoints;
  verify(): Promise<Pick<ChainReport, 'damage'>>;
}

interface PruneOptions {
  before: number;
  actor: Actor;
  request?: string;
}

/** What is deleted of a chain: from its beginning, or where it was pruned before, through the line of a checkpoint. */
interface Due {
  chain: string;
  start: number;
  through: number;
}

/**
 * Only a whole log. In steps, each of which leaves a whole chain: the checkpoint it deletes up to is signed anew as 'prune' and stays. The log's
 * line about it is written with the first step of each chain.
 */
export async function prune(deps: PruneDeps, order: PruneOptions): Promise<{ lines: number }> {
  const { db, checkpoints, verify } = deps;
  const due = (
    await Promise.all((await readHeads(db)).map((head) => findDue(db, head, order.before)))
  ).flat();
  if (due.length === 0) return { lines: 0 };
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
  for (const one of due) lines += await pruneChain(deps, one, order);
  return { lines };
}

async function findDue(db: Db, { chain, seq }: Head, before: number): Promise<Due[]> {
  const oldest = await readOldestCheckpoint(db, chain);
  const start = oldest?.kind === 'prune' ? oldest.seq : 0;
  // Lines are older than the checkpoint behind them. A line dated too old by a clock set back is deleted with those before it.
  const kept = await readFirstCheckpointSince(db, chain, start, before);
  const last = await readLastCheckpointIn(db, chain, start, kept ? kept.seq - 1 : seq);
  return last ? [{ chain, start, through: last.seq }] : [];
}

async function pruneChain(
  { db, inTransaction, audit, checkpoints, clock }: PruneDeps,
  { chain, start, through }: Due,
  { before, actor, request }: PruneOptions,
): Promise<number> {
  let lines = 0;
  for (let at = start; at < through; ) {
    const step =
      (await readLastCheckpointIn(db, chain, at, Math.min(at + LINES_AT_A_TIME, through))) ??
      (await readNextCheckpoint(db, chain, at));
    if (!step) break;
    lines += await inTransaction(async (tx) => {
      const checkpoint = await readCheckpointAt(tx, chain, step.seq);
      if (!checkpoint) return 0;
      // Its time decides: setting it back must not get the lines deleted.
      if (!checkpoints.isOurs(checkpoint, chain) || checkpoint.at >= before) throw notOurs(checkpoint);
      const { seq, hash } = checkpoint;
      const anchor = { seq, hash, at: clock.now(), kind: 'prune', previous: 0 };
      await putCheckpoint(tx, chain, checkpoints.signed(anchor, chain));
      if (at === start) {
        await audit.add(tx, {
          actor,
          action: 'audit.prune',
          ...defined({ request, target: chain || undefined }),
          details: { before, through },
        });
      }
      return deleteThrough(tx, chain, seq);
    });
    at = step.seq;
  }
  return lines;
}
