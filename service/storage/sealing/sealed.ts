import { createHmac, createSecretKey, randomFillSync } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { formerSpellings, normalizeEmail } from '../email-address.ts';
import type { KeyCopies } from '../key-copies/key-copies.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { type OrganizationKeys, openOrganizationKeys, randomKey } from '../keys/organization-keys.ts';
import { damagedKey, personBound } from '../keys/wrapped-key.ts';
import type { MasterKey } from '../master/master-key.ts';
import { formatOf, type Random } from './aes-gcm.ts';
import {
  createOwnValues,
  createPersonKeys,
  createPersonValues,
  formatAt,
  type OwnValues,
  type PersonValues,
  type SealContext,
  valueBound,
} from './person-values.ts';
import type { Resealed } from './reseal.ts';
import { openResealing } from './resealing.ts';
import { createOrphanKeys, type OrphanKeys, openScopeKeys, type ScopeKeys } from './scope-keys.ts';
import {
  openTemplateTransforms,
  type TemplateTransform,
  type TemplateTransforms,
} from './template-transform.ts';
import { createNameClosed, readWrapped, type WrappedPersonsDeps } from './value-opener.ts';

export type { OwnSealContext, SealContext } from './person-values.ts';
export type { Unsealed } from './value-opener.ts';

/**
 * Seals personal values under a key per person: AES-256-GCM, random 96-bit nonce, additional data
 * `organization|subject|field|version`, and where the context names a world `2|organization|world|subject|field|version`. Values
 * from before worlds were named open too (`older`), and are sealed anew where they are read. Person keys are wrapped by the
 * organization's key, that by the master key.
 */
export interface Sealer extends PersonValues, OwnValues, OrphanKeys {
  /** On disk when it resolves; call it before the organization's row is written. */
  createOrganization(organization: OrganizationId): Promise<void>;
  /** On disk when it resolves; call it before anything of the person is written. Throws for a second key. */
  createPerson(organization: OrganizationId, subject: SubjectId): Promise<void>;
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
   * a person is being enrolled. `copies` as of `destroyPerson`; call it again until they are done.
   */
  replaceOrganization(organization: OrganizationId): Promise<Pick<Destruction, 'copies'>>;
  /** The secret rotation that templates are stored under: the newest, unless a generation is named. */
  transformOf(organization: OrganizationId, generation?: number): TemplateTransform;
  readonly transforms: TemplateTransforms;
  /** Puts vectors of the organization's people under the rotation of this generation, in a thread where a page has `full` of them. */
  openRotation(organization: OrganizationId, generation: number, full: number): Rotation;
  readonly scopeKeys: ScopeKeys;
  /** HMAC-SHA-256 of the normalized address under the organization's lookup secret, hex. */
  emailHash(organization: OrganizationId, email: string): string;
  /** As versions before 0.2 may have hashed the address, where that is not the same (`formerSpellings`). */
  formerEmailHashes(organization: OrganizationId, email: string): string[];
}

export interface SealerDeps {
  keys: KeyStore;
  master: MasterKey;
  /** Opened from `keys` when absent. */
  organizations?: OrganizationKeys;
  /** Copies of `keys`, which follow it; none when absent. */
  copies?: Pick<KeyCopies, 'list' | 'sync'>;
  /** Resolves when the other nodes know what the key store has now, and use nothing older; absent: there are none. */
  others?: (() => Promise<void>) | undefined;
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
  others,
}: SealerDeps): Promise<Sealer> {
  const organizations = opened ?? (await openOrganizationKeys({ keys, master, random }));
  const transforms = await openTemplateTransforms({ keys, master, random, others });
  const scopeKeys = await openScopeKeys({ keys, master, random });
  const closed = createNameClosed(log);
  const persons = createPersonKeys(keys, organizations, cachedKeys, closed);

  async function destroy(subjects: readonly SubjectId[]) {
    try {
      return await destroyKeys({ keys, copies }, subjects);
    } finally {
      persons.forget(subjects);
    }
  }

  const hashOf = (organization: OrganizationId, address: string) =>
    createHmac('sha256', organizations.lookup(organization)).update(address).digest('hex');

  return {
    ...createPersonValues(persons, random, { keys, organizations, closed }),
    ...createOwnValues(organizations, random),
    ...createOrphanKeys({ keys, clock, log, grace, destroy }),
    async createOrganization(organization) {
      await organizations.create(organization);
      await transforms.add(organization);
    },
    async replaceOrganization(organization) {
      await destroy(await keys.personsApart(organization, clock.now(), BEING_ENROLLED));
      await organizations.replace(organization);
      await transforms.add(organization);
      await transforms.dropOlder(organization);
      for (const name of scopeKeys.names(organization)) await scopeKeys.destroy(organization, name);
      const { copies: states } = await destroyKeys({ keys, copies }, []);
      return { copies: states };
    },
    async createPerson(organization, subject) {
      const key = randomKey(random);
      await organizations.addPerson(organization, subject, key);
      persons.remember(subject, createSecretKey(key));
      key.fill(0);
    },
    async destroyPerson(subject) {
      const { existed, copies } = await destroy([subject]);
      return { existed, copies };
    },
    destroyPersons: destroy,
    transformOf: (organization, generation) => transforms.of(organization, generation),
    transforms,
    openRotation: (organization, generation, full) =>
      openRotation({ keys, organizations, transforms }, { organization, generation, full }),
    scopeKeys,
    emailHash: (organization, email) => hashOf(organization, normalizeEmail(email)),
    formerEmailHashes: (organization, email) =>
      formerSpellings(email).map((former) => hashOf(organization, former)),
  };
}

/** Milliseconds after which no person whose key was written is still being enrolled. */
const BEING_ENROLLED = 300_000;

/** What became of one copy of the key store when keys of people were destroyed. */
interface CopyState {
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

interface Destruction {
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
    keys: Pick<KeyStore, 'removePersons' | 'stillReadable' | 'state'>;
    copies: Pick<KeyCopies, 'list' | 'sync'> | undefined;
  },
  subjects: readonly SubjectId[],
): Promise<Destruction & { removed: number }> {
  const removed = subjects.length === 0 ? 0 : await keys.removePersons(subjects);
  // The copies of other nodes follow: they are waited for.
  const { revision } = await keys.state();
  let reports = (await copies?.list(revision)) ?? [];
  if (copies && reports.some(({ state }) => state !== 'current')) reports = await copies.sync(revision);
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

const BUSY =
  'Another program is reading the key store (end it), or its server or disk refused: the key is deleted, and the next try makes what is left of it unreadable.';

const VERSION = 1;

/** What an audit line or an event says of a person: JSON under that person's key, so that erasing the person reaches it. */
export const sealJson = (
  sealer: Pick<Sealer, 'seal'>,
  context: Omit<SealContext, 'version'>,
  values: object,
): Promise<Uint8Array> =>
  sealer.seal({ ...context, version: VERSION }, new TextEncoder().encode(JSON.stringify(values)));

/** A pass over an organization's vectors, which are put under another rotation. Remembers no person's key. */
type Rotation = ReturnType<typeof openRotation>;

interface RotatedValue {
  context: SealContext;
  sealed: Uint8Array;
  from: number;
  anew: SealContext;
}

interface RotationDeps extends WrappedPersonsDeps {
  organizations: Pick<OrganizationKeys, 'unwrapPerson' | 'wrappingKey' | 'reload'>;
  transforms: Pick<TemplateTransforms, 'secrets'>;
}

/** `full`: as `openResealing`. */
function openRotation(
  { keys, organizations, transforms }: RotationDeps,
  { organization, generation, full }: { organization: OrganizationId; generation: number; full: number },
) {
  const { reseal, close } = openResealing(full);

  /** A vector whose key were left out, or does not open until it is put back, would stay under a secret that is destroyed. */
  async function wrappedKeys(subjects: readonly SubjectId[]) {
    const rows = await readWrapped({ keys, organizations }, subjects);
    return new Map(
      rows.map((row) => {
        const key = organizations.wrappingKey(organization, row.generation);
        const plain = organizations.unwrapPerson(row);
        if (key === undefined || plain === undefined) throw damagedKey(row.subject);
        plain.fill(0);
        return [row.subject, { ...row, key }];
      }),
    );
  }

  return {
    /** Each sealed for its new context, in order; undefined where it does not open, or the secret of its rotation (`from`) is gone. */
    async rotate(values: readonly RotatedValue[]): Promise<Resealed> {
      const wrapped = await wrappedKeys([...new Set(values.map(({ context }) => context.subject))]);
      return reseal({
        is: 'rotate',
        keys: new Map([...wrapped.values()].map(({ generation: one, key }) => [one, key])),
        secrets: transforms.secrets(organization),
        to: generation,
        rows: values.map(({ context, sealed, from, anew }) => {
          const own = wrapped.get(context.subject);
          return {
            key: own && {
              generation: own.generation,
              wrapped: own.wrapped,
              bound: personBound(organization, context.subject),
            },
            sealed,
            bound: valueBound(context, formatOf(sealed)),
            from,
            anew: { bound: valueBound(anew, formatAt(anew)), format: formatAt(anew) },
          };
        }),
      });
    },
    close,
  };
}
