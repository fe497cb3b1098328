import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { createRecent } from '../../lib/collections/recent.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { OrganizationKeys } from '../keys/organization-keys.ts';
import { decrypt, encrypt, type Format, formatOf, type Random } from './aes-gcm.ts';
import {
  createValueOpener,
  readWrapped,
  type Unsealed,
  unknownGeneration,
  type WrappedPersonsDeps,
} from './value-opener.ts';

/** Position of a sealed value. It opens only there. */
export interface SealedPlace {
  organization: OrganizationId;
  subject: SubjectId;
  /** `subject.email`; with the row's id where a person has several rows: `template.vector/tpl_…`. No `|`. */
  field: string;
  /** Version of the layout of the plain bytes, chosen by the writing code. */
  version: number;
  /** World of the row, if it belongs to one: a value moved to the other world does not open. */
  world?: World | undefined;
}

/** Values under the keys of people. */
export interface PersonValues {
  /** Throws SUBJECT_NOT_FOUND without a key. 29 bytes longer than `plain`. */
  seal(place: SealedPlace, plain: Uint8Array): Promise<Uint8Array>;
  /** Throws SUBJECT_NOT_FOUND once the key is destroyed, and an error (not a Problem) for damaged bytes. */
  open(place: SealedPlace, sealed: Uint8Array): Promise<Uint8Array>;
  /** As `open`, for many at once (a few thousand at a time): one answer each, in order, none thrown. */
  openMany(values: readonly { place: SealedPlace; sealed: Uint8Array }[]): Promise<Unsealed[]>;
  /** As `openMany`, in threads of its own until it is closed: for what reads everything. */
  openInThreads(): {
    openMany(values: readonly { place: SealedPlace; sealed: Uint8Array }[]): Promise<Unsealed[]>;
    close(): Promise<void>;
  };
}

export function createPersonValues(
  persons: PersonKeys,
  random: Random,
  opening: WrappedPersonsDeps,
): PersonValues {
  function sealUnder(key: KeyObject, place: SealedPlace, plain: Uint8Array): Uint8Array {
    const format = formatAt(place);
    return encrypt(key, plain, valueBound(place, format), random, format);
  }

  return {
    seal: async (place, plain) => sealUnder(await persons.of(place.subject), place, plain),
    async open(place, sealed) {
      const plain = decrypt(await persons.of(place.subject), sealed, valueBound(place, formatOf(sealed)));
      if (plain) return plain;
      throw new Error(`The sealed ${place.field} of ${place.subject} was changed or belongs elsewhere.`);
    },
    async openMany(values) {
      const found = await persons.ofMany(values.map(({ place }) => place.subject));
      return values.map(({ place, sealed }): Unsealed => {
        const key = found.get(place.subject);
        if (key === undefined) return { is: 'erased' };
        const plain = decrypt(key, sealed, valueBound(place, formatOf(sealed)));
        return plain
          ? { is: 'open', plain, ...(isOlder(place, sealed) && { older: true }) }
          : { is: 'damaged' };
      });
    },
    openInThreads() {
      const opener = createValueOpener(opening);
      return {
        openMany: (values) =>
          opener.openMany(
            values.map(({ place, sealed }) => ({
              subject: place.subject,
              bound: valueBound(place, formatOf(sealed)),
              sealed,
            })),
          ),
        close: () => opener.close(),
      };
    },
  };
}

/** That a value at this place is sealed in. */
export const formatAt = ({ world }: SealedPlace): Format => (world === undefined ? 1 : 2);

export function valueBound(
  { organization, world, subject, field, version }: SealedPlace,
  format: Format,
): string {
  if (field.includes('|')) throw new Error(`A sealed field is named without "|", not "${field}".`);
  const former = `${organization}|${subject}|${field}|${version}`;
  return format === 1 ? former : `2|${organization}|${world ?? ''}|${subject}|${field}|${version}`;
}

/** Sealed before worlds were named. */
const isOlder = ({ world }: SealedPlace, sealed: Uint8Array): boolean =>
  world !== undefined && formatOf(sealed) === 1;

/** The keys of people, unwrapped; those used last are remembered. */
interface PersonKeys {
  /** Without the people who have no key. */
  ofMany(subjects: Iterable<SubjectId>): Promise<Map<SubjectId, KeyObject>>;
  /** Throws SUBJECT_NOT_FOUND without a key. */
  of(subject: SubjectId): Promise<KeyObject>;
  /** Remembers the key of a new person. */
  remember(subject: SubjectId, key: KeyObject): void;
  /** Call it once the keys are destroyed. */
  forget(subjects: readonly SubjectId[]): void;
}

/** `most` are remembered; 0: each use asks the store. */
export function createPersonKeys(
  keys: Pick<KeyStore, 'persons'>,
  organizations: Pick<OrganizationKeys, 'unwrapPerson' | 'wrappingKey' | 'reload'>,
  most: number,
): PersonKeys {
  const remembered = createRecent<SubjectId, KeyObject>(most);
  /** A key that was read before a destruction is not remembered after it. */
  let destructions = 0;

  async function ofMany(subjects: Iterable<SubjectId>): Promise<Map<SubjectId, KeyObject>> {
    const found = new Map<SubjectId, KeyObject>();
    const missing: SubjectId[] = [];
    for (const subject of new Set(subjects)) {
      const key = remembered.get(subject);
      if (key) found.set(subject, key);
      else missing.push(subject);
    }
    if (missing.length === 0) return found;
    const before = destructions;
    for (const row of await readWrapped({ keys, organizations }, missing)) {
      const plain = organizations.unwrapPerson(row);
      if (plain === undefined) throw unknownGeneration(row.subject);
      const key = createSecretKey(plain);
      plain.fill(0);
      found.set(row.subject, key);
      if (destructions === before) remembered.set(row.subject, key);
    }
    return found;
  }

  async function of(subject: SubjectId): Promise<KeyObject> {
    const key = (await ofMany([subject])).get(subject);
    if (key) return key;
    throw new Problem(
      'SUBJECT_NOT_FOUND',
      `Nothing is held about ${subject} any more: the key was destroyed.`,
    );
  }

  return {
    ofMany,
    of,
    remember: remembered.set,
    forget(subjects) {
      destructions++;
      for (const subject of subjects) remembered.delete(subject);
    },
  };
}

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
