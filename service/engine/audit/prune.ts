import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from './audit.ts';
import {
  deleteThrough,
  putCheckpoint,
  readCheckpointAt,
  readFirstCheckpointSince,
  readHead,
  readLastCheckpointIn,
  readNextCheckpoint,
  readOldestCheckpoint,
} from './audit-store.ts';
import { type Checkpoints, notOurs } from './checkpoints.ts';

/** Lines deleted in one transaction, if checkpoints are close enough. */
const LINES_AT_A_TIME = 5_000;

import type { ChainReport } from './verify-chain.ts';

export interface PruneDeps {
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
export async function prune(
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
