import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { MasterKey } from '../master/master-key.ts';

/** A secret of the whole appliance: a signing key, the key of the backups. */
export interface WrappedSecret {
  name: string;
  /** Id of the master key that wrapped it. */
  master: string;
  wrapped: Uint8Array;
  /** JSON. */
  details: string;
}

export interface WrappedOrganizationKey {
  organization: OrganizationId;
  /** Rises with every rotation; the newest wraps new keys. */
  generation: number;
  /** Id of the master key that wrapped both. */
  master: string;
  wrapped: Uint8Array;
  /** The secret of the keyed e-mail hashes. */
  lookupWrapped: Uint8Array;
}

export interface WrappedPersonKey {
  subject: SubjectId;
  organization: OrganizationId;
  /** Generation of the organization's key that wrapped it. */
  generation: number;
  wrapped: Uint8Array;
}

/** What each is bound to: a wrapped key that is moved elsewhere does not open there. */
/** Says besides that its key store has the integrity secret: a store without it was tampered with (integrity.ts). */
export const organizationBound = (organization: OrganizationId, generation: number) =>
  `organization-2|${organization}|${generation}`;
export const lookupBound = (organization: OrganizationId) => `lookup|${organization}`;
export const personBound = (organization: OrganizationId, subject: SubjectId) =>
  `person|${organization}|${subject}`;
export const secretBound = (name: string) => `secret|${name}`;

export const changedMeanwhile = () =>
  new Problem(
    'CONFLICT',
    'The key store was changed by something else meanwhile. Nothing was changed: try again.',
  );

/** What an operator does about what is damaged in the key store. */
export const PUT_BACK =
  'While Gatehouse does not run, put the newest copy of the key store (PLACE/gatehouse-keys.db; "gatehouse keystore places" names the places) in the place of keys.db, and remove keys.db-wal and keys.db-shm.';

/** The same, of a key without which nothing starts: no command names the places then. */
export async function putBack(keys: { places(): Promise<{ place: string }[]> }): Promise<string> {
  const places = (await keys.places()).map(({ place }) => `${place}/gatehouse-keys.db`);
  if (places.length === 0)
    return 'No copy of the key store is kept elsewhere: restore a backup ("gatehouse restore").';
  return `Put the newest copy of the key store (${places.join(', ')}) in the place of keys.db, remove keys.db-wal and keys.db-shm, and start again.`;
}

/** Of one person: nothing that is sealed under it opens; everything else goes on. */
export const damagedKey = (subject: SubjectId): Problem =>
  new Problem(
    'SEALED',
    `The key of ${subject} in the key store is damaged: nothing that is kept of this person opens. ${PUT_BACK} Or erase the person.`,
  );

export const isConflict = (error: unknown): boolean => error instanceof Problem && error.code === 'CONFLICT';

const TRIES = 3;

/**
 * Wraps with the master key and writes what was wrapped. `write` gets the id of the master key and throws CONFLICT where that was
 * replaced meanwhile: then the new one wraps.
 */
export async function writeWrapped<T>(
  master: Pick<MasterKey, 'id' | 'refresh'>,
  write: (master: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      // Read before the wrapping: a row never names a newer master key than the one that wrapped it.
      return await write(master.id);
    } catch (error) {
      if (!isConflict(error) || attempt === TRIES) throw error;
      await master.refresh?.();
    }
  }
}
