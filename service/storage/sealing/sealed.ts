import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomFillSync } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { normalizeEmail } from '../email-address.ts';
import type { KeyCopies } from '../key-copies/key-copies.ts';
import { type Destruction, destroyKeys } from '../keys/destroy-keys.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { type OrganizationKeys, openOrganizationKeys, randomKey } from '../keys/organization-keys.ts';
import type { MasterKey } from '../master/master-key.ts';
import { createRecent } from '../recent.ts';
import { decrypt, encrypt, type Format, formatOf, type Random } from './aes-gcm.ts';
import type { TemplateTransform } from './template-transform.ts';
import { openTemplateTransforms, type TemplateTransforms } from './template-transforms.ts';

import { createValueOpener, type Unsealed } from './value-opener.ts';

export type { CopyState, Destruction } from '../keys/destroy-keys.ts';
export type { Unsealed } from './value-opener.ts';

/** Where a sealed value stands. It opens there and nowhere else. */
export interface SealedPlace {
  organization: OrganizationId;
  subject: SubjectId;
  /** `subject.email`; with the row's id where a person has several rows: `template.vector/tpl_…`. No `|`. */
  field: string;
  /** Of the plain bytes' layout, chosen by whoever writes the field. */
  version: number;
  /** Of rows that belong to one world: a value that is moved to the other does not open there. */
  world?: World | undefined;
}

/** As SealedPlace, of what belongs to no person. */
export type OwnPlace = Omit<SealedPlace, 'subject' | 'world'>;

/**
 * Seals personal values under a key per person: AES-256-GCM, random 96-bit nonce, additional data
 * `organization|subject|field|version`, and where the place names a world `2|organization|world|subject|field|version`. Values
 * from before worlds were named open too (`older`), and are sealed anew where they are read. Person keys are wrapped by the
 * organization's key, that by the master key.
 */
export interface Sealer {
  /** On disk when it resolves; call it before the organization's row is written. */
  createOrganization(organization: OrganizationId): Promise<void>;
  /** On disk when it resolves; call it before anything of the person is written. Throws for a second key. */
  createPerson(organization: OrganizationId, subject: SubjectId): Promise<void>;
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
  /**
   * Nothing sealed for this person opens again, in any copy of the data, once the key is gone from every copy of the key
   * store: `copies` says from which it is not yet. Call it again until it is.
   */
  destroyPerson(subject: SubjectId): Promise<Destruction>;
  /** As `destroyPerson`, for many at once; `removed` is how many keys the store still had. */
  destroyPersons(subjects: readonly SubjectId[]): Promise<Destruction & { removed: number }>;
  /**
   * Of an organization whose people are all erased: every secret of its own is destroyed and another one made, so that it can go
   * on empty. Keys that enrollments which were cut short have left go too; throws CONFLICT while there is one of the last minutes:
   * somebody is being enrolled. `copies` as of `destroyPerson`; call it again until they are done.
   */
  replaceOrganization(organization: OrganizationId): Promise<Pick<Destruction, 'copies'>>;
  /** The secret rotation that templates are stored under: the newest, unless a generation is named. */
  transformOf(organization: OrganizationId, generation?: number): TemplateTransform;
  readonly transforms: TemplateTransforms;
  /**
   * What is the organization's own and no person's: a webhook's secret, a header with a password. AES-256-GCM under a key derived
   * from the organization's lookup secret, so it opens after every rotation and never after the organization was erased.
   * `field` as of SealedPlace, with the row's id.
   */
  sealOwn(place: OwnPlace, plain: Uint8Array): Uint8Array;
  /** Throws an error (not a Problem) for bytes that were changed or belong elsewhere. */
  openOwn(place: OwnPlace, sealed: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 of the normalized address under the organization's lookup secret, hex. */
  emailHash(organization: OrganizationId, email: string): string;
  /**
   * Destroys keys without a person, left by enrollments that were cut short: those older than the grace period. Call it
   * at start with every subject there is. More than a few are not swept but reported, since then it is likelier that
   * the wrong database lies beside the keys.
   */
  sweepOrphans(knownSubjects: ReadonlySet<string>): Promise<{ swept: number; suspicious: number }>;
  /** How many it would not sweep, but report. Destroys nothing. */
  suspiciousOrphans(knownSubjects: ReadonlySet<string>): Promise<number>;
}

export interface SealerDeps {
  keys: KeyStore;
  master: MasterKey;
  /** Opened from `keys` when absent. */
  organizations?: OrganizationKeys;
  /** Copies of `keys`, which follow it; none when absent. */
  copies?: Pick<KeyCopies, 'list' | 'sync'>;
  clock: Clock;
  log: Log;
  random?: Random;
  /** Unwrapped person keys held at most. */
  cachedKeys?: number;
  /** Age from which a key without a person is an orphan, in milliseconds. */
  grace?: number;
}

/** Opens every organization's key with the master key. Throws SEALED when it is not the one that wrapped them. */
export async function createSealer({
  keys,
  master,
  clock,
  log,
  random = randomFillSync,
  cachedKeys = 20_000,
  grace = 86_400_000,
  organizations: opened,
  copies,
}: SealerDeps): Promise<Sealer> {
  const organizations = opened ?? (await openOrganizationKeys({ keys, master, random }));
  const transforms = await openTemplateTransforms({ keys, master, random });
  const owned = new WeakMap<KeyObject, KeyObject>();
  const persons = createRecent<SubjectId, KeyObject>(cachedKeys);
  /** A key that was read before a destruction is not remembered after it. */
  let destructions = 0;

  async function personKeys(
    subjects: Iterable<SubjectId>,
    again = false,
  ): Promise<Map<SubjectId, KeyObject>> {
    const found = new Map<SubjectId, KeyObject>();
    const missing: SubjectId[] = [];
    for (const subject of new Set(subjects)) {
      const key = persons.get(subject);
      if (key) found.set(subject, key);
      else missing.push(subject);
    }
    if (missing.length === 0) return found;
    const before = destructions;
    const rows = await keys.persons(missing);
    const moved: SubjectId[] = [];
    for (const row of rows) {
      const plain = organizations.unwrapPerson(row);
      if (plain === undefined) {
        moved.push(row.subject);
        continue;
      }
      const key = createSecretKey(plain);
      plain.fill(0);
      found.set(row.subject, key);
      if (destructions === before) persons.set(row.subject, key);
    }
    if (moved.length > 0) {
      if (again)
        throw new Error(`The key of ${moved[0]} names a generation that its organization does not have.`);
      for (const [subject, key] of await personKeys(moved, true)) found.set(subject, key);
    }
    return found;
  }

  async function personKey(subject: SubjectId): Promise<KeyObject> {
    const key = (await personKeys([subject])).get(subject);
    if (key) return key;
    throw new Problem(
      'SUBJECT_NOT_FOUND',
      `Nothing is held about ${subject} any more: the key was destroyed.`,
    );
  }

  /** HKDF-SHA-256 (RFC 5869), remembered as long as the secret it comes from is the organization's. */
  function ownKey(organization: OrganizationId): KeyObject {
    const lookup = organizations.lookup(organization);
    const known = owned.get(lookup);
    if (known) return known;
    const key = createSecretKey(
      new Uint8Array(hkdfSync('sha256', lookup, new Uint8Array(), 'gatehouse-own-values-1', 32)),
    );
    owned.set(lookup, key);
    return key;
  }

  async function destroy(subjects: readonly SubjectId[]) {
    try {
      return await destroyKeys({ keys, copies }, subjects);
    } finally {
      destructions++;
      for (const subject of subjects) persons.delete(subject);
    }
  }

  async function findOrphans(knownSubjects: ReadonlySet<string>) {
    const aged = await keys.personsBefore(clock.now() - grace);
    const orphans = aged.filter((subject) => !knownSubjects.has(subject));
    const tooMany = orphans.length > 0 && orphans.length > sweepable(await keys.countPersons());
    return { orphans, tooMany };
  }

  return {
    async createOrganization(organization) {
      await organizations.create(organization);
      await transforms.add(organization);
    },
    async replaceOrganization(organization) {
      await destroy(await keys.personsApart(organization, clock.now(), BEING_ENROLLED));
      await organizations.replace(organization);
      await transforms.add(organization);
      await transforms.dropOlder(organization);
      const { copies: states } = await destroyKeys({ keys, copies }, []);
      return { copies: states };
    },
    async createPerson(organization, subject) {
      const key = randomKey(random);
      await organizations.addPerson(organization, subject, key);
      persons.set(subject, createSecretKey(key));
      key.fill(0);
    },
    async seal(place, plain) {
      const format = place.world === undefined ? 1 : 2;
      return encrypt(await personKey(place.subject), plain, valueBound(place, format), random, format);
    },
    async open(place, sealed) {
      const plain = decrypt(await personKey(place.subject), sealed, valueBound(place, formatOf(sealed)));
      if (plain) return plain;
      throw new Error(`The sealed ${place.field} of ${place.subject} was changed or belongs elsewhere.`);
    },
    async openMany(values) {
      const found = await personKeys(values.map(({ place }) => place.subject));
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
      const opener = createValueOpener({ keys, wrappingKey: organizations.wrappingKey });
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
    async destroyPerson(subject) {
      const { existed, copies } = await destroy([subject]);
      return { existed, copies };
    },
    destroyPersons: destroy,
    transformOf: (organization, generation) => transforms.of(organization, generation),
    transforms,
    sealOwn: (place, plain) => encrypt(ownKey(place.organization), plain, ownBound(place), random),
    openOwn(place, sealed) {
      const plain = decrypt(ownKey(place.organization), sealed, ownBound(place));
      if (plain) return plain;
      throw new Error(`The sealed ${place.field} of ${place.organization} was changed or belongs elsewhere.`);
    },
    emailHash(organization, email) {
      return createHmac('sha256', organizations.lookup(organization))
        .update(normalizeEmail(email))
        .digest('hex');
    },
    async suspiciousOrphans(knownSubjects) {
      const { orphans, tooMany } = await findOrphans(knownSubjects);
      return tooMany ? orphans.length : 0;
    },
    async sweepOrphans(knownSubjects) {
      const { orphans, tooMany } = await findOrphans(knownSubjects);
      if (orphans.length === 0) return { swept: 0, suspicious: 0 };
      if (tooMany) {
        log.warn(
          { orphans: orphans.length, subjects: knownSubjects.size },
          'many keys have no person: they are kept, because the database may not be the one they belong to',
        );
        return { swept: 0, suspicious: orphans.length };
      }
      return { swept: (await destroy(orphans)).removed, suspicious: 0 };
    },
  };
}

/** Milliseconds after which nobody whose key was written is still being enrolled. */
const BEING_ENROLLED = 300_000;

/** One in a hundred keys, and ten in any case. */
function sweepable(keys: number): number {
  return Math.max(10, Math.floor(keys / 100));
}

function ownBound({ organization, field, version }: OwnPlace): string {
  if (field.includes('|')) throw new Error(`A sealed field is named without "|", not "${field}".`);
  return `own|${organization}|${field}|${version}`;
}

function valueBound({ organization, world, subject, field, version }: SealedPlace, format: Format): string {
  if (field.includes('|')) throw new Error(`A sealed field is named without "|", not "${field}".`);
  const former = `${organization}|${subject}|${field}|${version}`;
  return format === 1 ? former : `2|${organization}|${world ?? ''}|${subject}|${field}|${version}`;
}

/** Sealed before worlds were named. */
const isOlder = ({ world }: SealedPlace, sealed: Uint8Array): boolean =>
  world !== undefined && formatOf(sealed) === 1;
