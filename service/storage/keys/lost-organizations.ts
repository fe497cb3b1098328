import type { KeyStore } from './key-store.ts';

const NOTE = 'restore/lost-organizations';

/**
 * Organizations whose people still have keys here although the database, restored from an older backup, knows nothing of
 * them: an operator's decision, and the keys stay for a newer backup.
 */
export async function lostOrganizations(keys: Pick<KeyStore, 'note'>): Promise<Set<string>> {
  const text = await keys.note(NOTE);
  return new Set(text === undefined ? [] : (JSON.parse(text) as string[]));
}

/** Adds to what is there. On disk when it resolves. */
export async function acceptLostOrganizations(
  keys: Pick<KeyStore, 'note' | 'setNote'>,
  organizations: readonly string[],
): Promise<void> {
  const known = await lostOrganizations(keys);
  if (organizations.every((id) => known.has(id))) return;
  await keys.setNote(NOTE, JSON.stringify([...new Set([...known, ...organizations])].sort()));
}
