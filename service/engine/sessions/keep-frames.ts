import type { OrganizationId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { FrameStore } from './frame-store.ts';
import type { MovementRow, MovementStore } from './movement-store.ts';

/** What is kept of an attempt's frames, so that they cannot be shown again. */
export interface KeptFrames {
  /** Keyed. */
  hashes: readonly string[];
  /** How the face moved, sealed; of earlier attempts of the session too, where their person became known. */
  movements: readonly MovementRow[];
}

export async function keepFrames(
  { frames, movements }: { frames: FrameStore; movements: MovementStore },
  tx: Tx,
  of: { organization: OrganizationId; session: string; at: number },
  kept: KeptFrames | undefined,
): Promise<void> {
  if (!kept) return;
  await frames.add(tx, of, kept.hashes);
  await movements.put(tx, kept.movements);
}
