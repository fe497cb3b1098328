import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { KeyCopies } from '../key-copies/key-copies.ts';
import type { KeyStore } from './key-store.ts';

/** What became of one copy of the key store when keys of people were destroyed. */
export interface CopyState {
  /** Folder of the copy; the file, where it is the key store's own. */
  place: string;
  /** Id of the copy: another one may lie at the same place later. */
  copy?: string;
  /** It is the key store itself. */
  own?: true;
  state: 'destroyed' | 'unreachable';
  /** Why it is not destroyed there, in words for the operator. */
  reason?: string;
}

export interface Destruction {
  /** Whether the key store itself still had a key of them. */
  existed: boolean;
  /** State of every configured copy, and of the key store itself while another reader keeps the keys readable in it. */
  copies: CopyState[];
}

/**
 * Removes the keys from the key store and from every copy. What the store acknowledged is in every copy that is current, so
 * one that is current has them no more; the others are tried once again before they are named. Asking again for people
 * whose keys are gone from the store only brings the copies and the store's own files up to date.
 */
export async function destroyKeys(
  {
    keys,
    copies,
  }: {
    keys: Pick<KeyStore, 'removePersons' | 'stillReadable'>;
    copies: Pick<KeyCopies, 'list' | 'sync'> | undefined;
  },
  subjects: readonly SubjectId[],
): Promise<Destruction & { removed: number }> {
  const removed = subjects.length === 0 ? 0 : await keys.removePersons(subjects);
  let reports = (await copies?.list()) ?? [];
  if (copies && reports.some(({ state }) => state !== 'current')) reports = await copies.sync();
  const readable = await keys.stillReadable();
  return {
    removed,
    existed: removed > 0,
    copies: [
      ...reports.map(
        ({ place, copy, state, reason }): CopyState => ({
          place,
          ...defined({ copy }),
          ...(state === 'current'
            ? { state: 'destroyed' }
            : { state: 'unreachable', ...defined({ reason }) }),
        }),
      ),
      ...(readable === undefined
        ? []
        : [{ place: readable, own: true as const, state: 'unreachable' as const, reason: BUSY }]),
    ],
  };
}

const BUSY = 'Another program is reading the key store: end it, and the next try empties its log.';
