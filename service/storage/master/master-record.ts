import { z } from 'zod';
import type { KeyStore } from '../keys/key-store.ts';

/** Note of the key store beside what the master key wrapped: written in the transaction of a rotation. */
export const MASTER_NOTE = 'master';
/**
 * Note that holds `master-passphrase.json`, the master key wrapped under the passphrase: with it a copy of the key store and the
 * passphrase are enough for a restore. Empty when a file holds the key.
 */
export const PASSPHRASE_NOTE = 'master/passphrase-file';

/** Stands in the key store of a trial restore that reads the original's master key file: it is not to be replaced there. */
export const LENT_NOTE = 'master-key-lent';
/** Replaced keys that are remembered, to say so when one of them comes back. */
const REMEMBERED = 100;

const MasterRecord = z.object({
  /** How and where the key in use is kept. */
  kind: z.enum(['file', 'passphrase']).optional(),
  path: z.string().optional(),
  /** Oldest first; `at` in ms since 1970. */
  replaced: z.array(z.object({ id: z.string(), at: z.number() })).default([]),
});
export type MasterRecord = z.infer<typeof MasterRecord>;

export async function readMasterRecord(keys: Pick<KeyStore, 'note'>): Promise<MasterRecord> {
  const text = await keys.note(MASTER_NOTE);
  return MasterRecord.parse(text === undefined ? {} : JSON.parse(text));
}

/** What the note says once `was` is replaced by a key kept there. */
export function recordReplacement(
  { replaced }: MasterRecord,
  { was, at, kind, path }: { was: string; at: number; kind: 'file' | 'passphrase'; path: string },
): string {
  return JSON.stringify({ kind, path, replaced: [...replaced, { id: was, at }].slice(-REMEMBERED) });
}
