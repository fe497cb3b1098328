import type { SubjectId } from '../../lib/id.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { OrganizationKeys } from '../keys/organization-keys.ts';
import type { WrappedPersonKey } from '../keys/wrapped-key.ts';

export interface WrappedPersonsDeps {
  keys: Pick<KeyStore, 'persons'>;
  organizations: Pick<OrganizationKeys, 'wrappingKey' | 'reload'>;
}

/**
 * The keys of these people as they lie in the store. One under a generation that is not known here was rewrapped since it was read, or another
 * node made the generation: it is read again. What is not known then either, was removed.
 */
export async function readWrapped(
  { keys, organizations }: WrappedPersonsDeps,
  subjects: readonly SubjectId[],
): Promise<WrappedPersonKey[]> {
  const isKnown = ({ organization, generation }: WrappedPersonKey) =>
    organizations.wrappingKey(organization, generation) !== undefined;
  const rows = await keys.persons(subjects);
  const unknown = rows.filter((row) => !isKnown(row));
  if (unknown.length === 0) return rows;
  await organizations.reload([...new Set(unknown.map(({ organization }) => organization))]);
  const again = await keys.persons(unknown.map(({ subject }) => subject));
  return [...rows.filter((row) => !unknown.includes(row)), ...again];
}

export const unknownGeneration = (subject: SubjectId) =>
  new Error(`The key of ${subject} names a generation that its organization does not have.`);
