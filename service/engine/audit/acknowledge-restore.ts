import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Audit } from './audit.ts';
import { putCheckpoint, readHead, readNewestCheckpoint } from './audit-store.ts';
import type { Checkpoint, CheckpointNote, Head } from './chain.ts';
import { readHeads } from './chains-store.ts';
import type { Checkpoints } from './checkpoints.ts';
import { ACCEPT_LOSS } from './joint.ts';
import { readNoted, withNoted } from './noted.ts';
import type { By } from './read-lines.ts';

interface RestoreDeps {
  inTransaction: InTransaction;
  audit: Audit;
  note: CheckpointNote;
  checkpoints: Checkpoints;
  chain: string;
  clock: Clock;
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
export async function acknowledgeRestore(
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
