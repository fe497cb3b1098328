import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { OrganizationId } from '../../lib/id.ts';
import type { OrganizationKeys } from '../keys/organization-keys.ts';
import { decrypt, encrypt, type Random } from './aes-gcm.ts';
import type { SealedPlace } from './person-values.ts';

/** As SealedPlace, of what belongs to no person. */
export type OwnPlace = Omit<SealedPlace, 'subject' | 'world'>;

/** Values of an organization that belong to no person. */
export interface OwnValues {
  /**
   * What is the organization's own and no person's: a webhook's secret, a header with a password. AES-256-GCM under a key derived
   * from the organization's lookup secret, so it opens after every rotation and never after the organization was erased.
   * `field` as of SealedPlace, with the row's id.
   */
  sealOwn(place: OwnPlace, plain: Uint8Array): Uint8Array;
  /** Throws an error (not a Problem) for bytes that were changed or belong elsewhere. */
  openOwn(place: OwnPlace, sealed: Uint8Array): Uint8Array;
}

export function createOwnValues(organizations: Pick<OrganizationKeys, 'lookup'>, random: Random): OwnValues {
  const derived = new WeakMap<KeyObject, KeyObject>();

  /** HKDF-SHA-256 (RFC 5869), remembered as long as the secret it comes from is the organization's. */
  function ownKey(organization: OrganizationId): KeyObject {
    const lookup = organizations.lookup(organization);
    const known = derived.get(lookup);
    if (known) return known;
    const key = createSecretKey(
      new Uint8Array(hkdfSync('sha256', lookup, new Uint8Array(), 'gatehouse-own-values-1', 32)),
    );
    derived.set(lookup, key);
    return key;
  }

  return {
    sealOwn: (place, plain) => encrypt(ownKey(place.organization), plain, ownBound(place), random),
    openOwn(place, sealed) {
      const plain = decrypt(ownKey(place.organization), sealed, ownBound(place));
      if (plain) return plain;
      throw new Error(`The sealed ${place.field} of ${place.organization} was changed or belongs elsewhere.`);
    },
  };
}

function ownBound({ organization, field, version }: OwnPlace): string {
  if (field.includes('|')) throw new Error(`A sealed field is named without "|", not "${field}".`);
  return `own|${organization}|${field}|${version}`;
}
