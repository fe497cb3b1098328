import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from './audit.ts';
import { putCheckpoint, readHead, readNewestCheckpoint } from './audit-store.ts';
import { readNote } from './checkpoint.ts';
import type { CheckpointNote } from './checkpoint-note.ts';
import type { Checkpoints } from './checkpoints.ts';

export interface RestoreDeps {
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
export async function acknowledgeRestore(
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
