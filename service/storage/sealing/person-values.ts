import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { createRecent } from '../../lib/collections/recent.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { OrganizationKeys } from '../keys/organization-keys.ts';
import { damagedKey } from '../keys/wrapped-key.ts';
import { decrypt, encrypt, type Format, formatOf, type Random } from './aes-gcm.ts';
import {
  createValueOpener,
  type NameClosed,
  readWrapped,
  type Unsealed,
  type WrappedPersonsDeps,
} from './value-opener.ts';

/** What a sealed value is bound to: it opens with nothing else. */
export interface SealContext {
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
export type PersonValues = ReturnType<typeof createPersonValues>;

type OpeningDeps = WrappedPersonsDeps & { closed: NameClosed };

export function createPersonValues(persons: PersonKeys, random: Random, opening: OpeningDeps) {
  function sealUnder(key: KeyObject, context: SealContext, plain: Uint8Array): Uint8Array {
    const format = formatAt(context);
    return encrypt(key, plain, valueBound(context, format), random, format);
  }

  return {
    /** Throws SUBJECT_NOT_FOUND without a key, SEALED for a damaged one. 29 bytes longer than `plain`. */
    seal: async (context: SealContext, plain: Uint8Array): Promise<Uint8Array> =>
      sealUnder(await persons.of(context.subject), context, plain),
    /** Throws SUBJECT_NOT_FOUND once the key is destroyed, SEALED for a damaged key, and an error (not a Problem) for damaged bytes. */
    async open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array> {
      const plain = decrypt(await persons.of(context.subject), sealed, valueBound(context, formatOf(sealed)));
      if (plain) return plain;
      throw new Error(`The sealed ${context.field} of ${context.subject} was changed or belongs elsewhere.`);
    },
    /** As `open`, for many at once (a few thousand at a time): one answer each, in order, none thrown. */
    async openMany(values: readonly { context: SealContext; sealed: Uint8Array }[]): Promise<Unsealed[]> {
      const found = await persons.ofMany(values.map(({ context }) => context.subject));
      return values.map(({ context, sealed }): Unsealed => {
        const key = found.get(context.subject);
        if (key === undefined) return { is: 'erased' };
        if (key === 'damaged') return { is: 'damaged' };
        const plain = decrypt(key, sealed, valueBound(context, formatOf(sealed)));
        return plain
          ? { is: 'open', plain, ...(isOlder(context, sealed) && { older: true }) }
          : { is: 'damaged' };
      });
    },
    /** As `openMany`, in threads of its own until it is closed: for what reads everything. */
    openInThreads(): {
      openMany(values: readonly { context: SealContext; sealed: Uint8Array }[]): Promise<Unsealed[]>;
      close(): Promise<void>;
    } {
      const opener = createValueOpener(opening);
      return {
        openMany: (values) =>
          opener.openMany(
            values.map(({ context, sealed }) => ({
              subject: context.subject,
              bound: valueBound(context, formatOf(sealed)),
              sealed,
            })),
          ),
        close: () => opener.close(),
      };
    },
  };
}

/** In which format a value of this context is sealed. */
export const formatAt = ({ world }: SealContext): Format => (world === undefined ? 1 : 2);

export function valueBound(
  { organization, world, subject, field, version }: SealContext,
  format: Format,
): string {
  if (field.includes('|')) throw new Error(`A sealed field is named without "|", not "${field}".`);
  const former = `${organization}|${subject}|${field}|${version}`;
  return format === 1 ? former : `2|${organization}|${world ?? ''}|${subject}|${field}|${version}`;
}

/** Sealed before worlds were named. */
const isOlder = ({ world }: SealContext, sealed: Uint8Array): boolean =>
  world !== undefined && formatOf(sealed) === 1;

/** The keys of people, unwrapped; those used last are remembered. */
type PersonKeys = ReturnType<typeof createPersonKeys>;

/** `most` are remembered; 0: each use asks the store. */
export function createPersonKeys(
  keys: Pick<KeyStore, 'persons'>,
  organizations: Pick<OrganizationKeys, 'unwrapPerson' | 'wrappingKey' | 'reload'>,
  most: number,
  closed: NameClosed,
) {
  const remembered = createRecent<SubjectId, KeyObject>(most);
  /** A key that was read before a destruction is not remembered after it. */
  let destructions = 0;

  async function ofMany(subjects: Iterable<SubjectId>): Promise<Map<SubjectId, KeyObject | 'damaged'>> {
    const found = new Map<SubjectId, KeyObject | 'damaged'>();
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
      if (plain === undefined) {
        closed(row.subject);
        found.set(row.subject, 'damaged');
        continue;
      }
      const key = createSecretKey(plain);
      plain.fill(0);
      found.set(row.subject, key);
      if (destructions === before) remembered.set(row.subject, key);
    }
    return found;
  }

  async function of(subject: SubjectId): Promise<KeyObject> {
    const key = (await ofMany([subject])).get(subject);
    if (key === 'damaged') throw damagedKey(subject);
    if (key) return key;
    throw new Problem(
      'SUBJECT_NOT_FOUND',
      `Nothing is held about ${subject} any more: the key was destroyed.`,
    );
  }

  return {
    /** Without the people who have no key. */
    ofMany,
    /** Throws SUBJECT_NOT_FOUND without a key, SEALED for a damaged one. */
    of,
    /** Remembers the key of a new person. */
    remember: remembered.set,
    /** Call it once the keys are destroyed. */
    forget(subjects: readonly SubjectId[]): void {
      destructions++;
      for (const subject of subjects) remembered.delete(subject);
    },
  };
}

/** As SealContext, of what belongs to no person. */
export type OwnSealContext = Omit<SealContext, 'subject' | 'world'>;

/** Values of an organization that belong to no person. */
export type OwnValues = ReturnType<typeof createOwnValues>;

export function createOwnValues(organizations: Pick<OrganizationKeys, 'lookup'>, random: Random) {
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
    /**
     * What is the organization's own and no person's: a webhook's secret, a header with a password. AES-256-GCM under a key derived
     * from the organization's lookup secret, so it opens after every rotation and never after the organization was erased.
     * `field` as of SealContext, with the row's id.
     */
    sealOwn: (context: OwnSealContext, plain: Uint8Array): Uint8Array =>
      encrypt(ownKey(context.organization), plain, ownBound(context), random),
    /** Throws an error (not a Problem) for bytes that were changed or belong elsewhere. */
    openOwn(context: OwnSealContext, sealed: Uint8Array): Uint8Array {
      const plain = decrypt(ownKey(context.organization), sealed, ownBound(context));
      if (plain) return plain;
      throw new Error(
        `The sealed ${context.field} of ${context.organization} was changed or belongs elsewhere.`,
      );
    },
  };
}

function ownBound({ organization, field, version }: OwnSealContext): string {
  if (field.includes('|')) throw new Error(`A sealed field is named without "|", not "${field}".`);
  return `own|${organization}|${field}|${version}`;
}
