import type { Clock } from '../../lib/clock.ts';
import type { InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from './audit.ts';
import { putCheckpoint, readHead, readNewestCheckpoint } from './audit-store.ts';
import { readNote } from './checkpoint.ts';
import { type AuditNotes, CHECKPOINT_NOTE, type Checkpoints } from './checkpoints.ts';

export interface RestoreDeps {
  inTransaction: InTransaction;
  audit: Audit;
  notes: AuditNotes;
  checkpoints: Checkpoints;
  clock: Clock;
}

/**
 * The line and its checkpoint in one transaction, then the note. Cut short in between, the line stands for the note already:
 * it names what the note says.
 */
export async function acknowledgeRestore(
  { inTransaction, audit, notes, checkpoints, clock }: RestoreDeps,
  { actor, request, details = {} }: { actor: Actor; request?: string; details?: Record<string, unknown> },
): Promise<void> {
  const text = await notes.note(CHECKPOINT_NOTE);
  const noted = text === undefined ? undefined : readNote(text);
  const checkpoint = await inTransaction(async (tx) => {
    const newest = await readNewestCheckpoint(tx);
    if (noted && newest && (await checkpoints.isAcknowledged(tx, noted))) return newest;
    const chain = await readHead(tx);
    await audit.add(tx, {
      actor,
      action: 'backup.restore',
      ...(request === undefined ? {} : { request }),
      details: { ...details, chain, noted: noted ? { seq: noted.seq, hash: noted.hash } : chain },
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
