import { createSecretKey, type KeyObject } from 'node:crypto';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { MasterKey } from '../master/master-key.ts';
import { decrypt, encrypt, type Random } from '../sealing/aes-gcm.ts';
import type { Resealing } from '../sealing/resealing.ts';
import type { KeyStore } from './key-store.ts';
import {
  damagedKey,
  isConflict,
  lookupBound,
  organizationBound,
  personBound,
  putBack,
  type WrappedPersonKey,
  writeWrapped,
} from './wrapped-key.ts';

/** The keys of the organizations, opened. They wrap the keys of their people. */
export interface OrganizationKeys {
  /** A key of its own and a lookup secret; on disk when it resolves. */
  create(organization: OrganizationId): Promise<void>;
  /** Wrapped by the newest generation; on disk when it resolves. Throws SEALED when the organization has no key. */
  addPerson(organization: OrganizationId, subject: SubjectId, key: Uint8Array): Promise<void>;
  /** `undefined` for a row that was changed, and when its generation is gone: the key was rewrapped since the row was read. */
  unwrapPerson(row: WrappedPersonKey): Uint8Array | undefined;
  /** Undefined if that generation or the organization was removed. */
  wrappingKey(organization: OrganizationId, generation: number): KeyObject | undefined;
  /** The secret of the keyed e-mail hashes; the same in every generation. */
  lookup(organization: OrganizationId): KeyObject;
  /** Oldest first; more than one while a rotation is not finished. Throws SEALED when the organization has no key. */
  generations(organization: OrganizationId): number[];
  /** A new key, which wraps new people's from now on; resolves when no person is being wrapped by an older one any more. */
  addGeneration(organization: OrganizationId): Promise<number>;
  /** As they will lie under the newest generation of their organization, which is one. Throws SEALED for a row that was changed. */
  rewrapPersons(rows: readonly WrappedPersonKey[], resealing: Resealing): Promise<WrappedPersonKey[]>;
  /** Whether there is an organization's key: each says that the key store has an integrity secret. */
  boundToIntegrity(): boolean;
  /** As the store has them now: another node changed them. */
  reload(organizations: readonly OrganizationId[]): Promise<void>;
  /** Removes the generations before the newest. Throws CONFLICT while one of them wraps a person's key. */
  dropOlder(organization: OrganizationId): Promise<void>;
  /**
   * Of an organization without people: another key and another lookup secret, and the present ones are destroyed. No hash
   * of an address made before can be matched again. Throws CONFLICT while the key of a person is wrapped.
   */
  replace(organization: OrganizationId): Promise<void>;
}

/** What one organization's keys open with; `newest` wraps new person keys. */
interface Opened {
  newest: number;
  /** People whose keys are on their way to the store. */
  adding: Set<Promise<void>>;
  generations: Map<number, KeyObject>;
  lookup: KeyObject;
}

export interface OrganizationKeysDeps {
  keys: KeyStore;
  master: MasterKey;
  random: Random;
}

/** Opens every organization's key with the master key. Throws SEALED when it is not the one that wrapped them. */
export async function openOrganizationKeys(deps: OrganizationKeysDeps): Promise<OrganizationKeys> {
  const { keys, random } = deps;
  const organizations = await openAll(deps);

  async function reload(changed: readonly OrganizationId[]): Promise<void> {
    const now = await openAll(deps, changed);
    for (const organization of changed) {
      const [before, after] = [organizations.get(organization), now.get(organization)];
      if (after === undefined) organizations.delete(organization);
      // The same object, which a change of this node that is under way holds.
      else if (before) Object.assign(before, after, { adding: before.adding });
      else organizations.set(organization, after);
    }
  }

  function of(organization: OrganizationId): Opened {
    const found = organizations.get(organization);
    if (found) return found;
    throw new Problem(
      'SEALED',
      `The key store holds no key of the organization ${organization}: put back the keys.db that belongs to this database.`,
    );
  }

  function wrapPerson(organization: OrganizationId, subject: SubjectId, key: Uint8Array): WrappedPersonKey {
    const { newest, generations } = of(organization);
    const wrapped = encrypt(generations.get(newest)!, key, personBound(organization, subject), random);
    return { subject, organization, generation: newest, wrapped };
  }

  const wrappingKey = (organization: OrganizationId, generation: number) =>
    organizations.get(organization)?.generations.get(generation);

  return {
    ...createGenerations(deps, of),
    async create(organization) {
      const first = { generation: 1, key: randomKey(random), lookup: randomKey(random) };
      await addWrapped(deps, organization, first);
      organizations.set(organization, openedOf(first));
    },
    reload,
    async addPerson(organization, subject, key) {
      const { adding } = of(organization);
      const added = keys.addPerson(wrapPerson(organization, subject, key)).catch(async (error: unknown) => {
        if (!isConflict(error)) throw error;
        await reload([organization]);
        await keys.addPerson(wrapPerson(organization, subject, key));
      });
      adding.add(added);
      try {
        await added;
      } finally {
        adding.delete(added);
      }
    },
    unwrapPerson({ subject, organization, generation, wrapped }) {
      const wrapping = wrappingKey(organization, generation);
      return wrapping && decrypt(wrapping, wrapped, personBound(organization, subject));
    },
    wrappingKey,
    lookup: (organization) => of(organization).lookup,
    async rewrapPersons(rows, { reseal }) {
      if (rows.length === 0) return [];
      const { newest, generations } = of(rows[0]!.organization);
      const wrapped = await reseal({
        is: 'rewrap',
        keys: generations,
        newest,
        rows: rows.map(({ subject, organization, ...row }) => ({
          ...row,
          bound: personBound(organization, subject),
        })),
      });
      return rows.map((row, i) => {
        const anew = wrapped[i];
        if (anew) return { ...row, generation: newest, wrapped: anew };
        throw damagedKey(row.subject);
      });
    },
    boundToIntegrity: () => organizations.size > 0,
  };
}

/** The keys of one generation, plain. */
interface Generation {
  generation: number;
  key: Uint8Array;
  lookup: Uint8Array;
}

const openedOf = ({ generation, key, lookup }: Generation): Opened => ({
  newest: generation,
  adding: new Set(),
  generations: new Map([[generation, createSecretKey(key)]]),
  lookup: createSecretKey(lookup),
});

/** `only`: of these. */
async function openAll(
  { keys, master }: OrganizationKeysDeps,
  only?: readonly OrganizationId[],
): Promise<Map<OrganizationId, Opened>> {
  const organizations = new Map<OrganizationId, Opened>();
  for (const row of await keys.organizations()) {
    const { organization, generation } = row;
    if (only && !only.includes(organization)) continue;
    const key = await master.unwrap(row.wrapped, organizationBound(organization, generation));
    const lookup = await master.unwrap(row.lookupWrapped, lookupBound(organization));
    if (key === undefined || lookup === undefined) {
      throw new Problem(
        'SEALED',
        row.master === master.id
          ? `The key of the organization ${organization} is damaged in the key store. ${await putBack(keys)}`
          : `The master key (${master.id}) is not the one that wrapped the organizations' keys (${row.master}): put that one back.`,
      );
    }
    const opened = openedOf({ generation, key, lookup });
    const older = organizations.get(organization)?.generations ?? [];
    organizations.set(organization, {
      ...opened,
      generations: new Map([...older, ...opened.generations]),
    });
  }
  return organizations;
}

const addWrapped = (
  { keys, master }: Pick<OrganizationKeysDeps, 'keys' | 'master'>,
  organization: OrganizationId,
  { generation, key, lookup }: Generation,
): Promise<void> =>
  writeWrapped(master, async (id) =>
    keys.addOrganization({
      organization,
      generation,
      master: id,
      wrapped: await master.wrap(key, organizationBound(organization, generation)),
      lookupWrapped: await master.wrap(lookup, lookupBound(organization)),
    }),
  );

/** Later generations of the keys that `of` gives. */
function createGenerations(
  { keys, master, random }: OrganizationKeysDeps,
  of: (organization: OrganizationId) => Opened,
): Pick<OrganizationKeys, 'generations' | 'addGeneration' | 'dropOlder' | 'replace'> {
  async function addNext(organization: OrganizationId, lookup: Uint8Array): Promise<number> {
    const opened = of(organization);
    const generation = opened.newest + 1;
    const key = randomKey(random);
    await addWrapped({ keys, master }, organization, { generation, key, lookup });
    opened.generations.set(generation, createSecretKey(key));
    opened.lookup = createSecretKey(lookup);
    opened.newest = generation;
    await Promise.allSettled([...opened.adding]);
    return generation;
  }

  async function dropOlder(organization: OrganizationId): Promise<void> {
    const { newest, generations } = of(organization);
    await keys.removeGenerationsBefore(organization, newest);
    for (const generation of [...generations.keys()]) {
      if (generation < newest) generations.delete(generation);
    }
  }

  return {
    generations: (organization) => [...of(organization).generations.keys()].sort((a, b) => a - b),
    async addGeneration(organization) {
      const lookup = of(organization).lookup.export();
      try {
        return await addNext(organization, lookup);
      } finally {
        lookup.fill(0);
      }
    },
    dropOlder,
    async replace(organization) {
      const { newest, adding } = of(organization);
      await Promise.allSettled([...adding]);
      if ((await keys.countOlderPersons(organization, newest + 1)) > 0) {
        throw new Problem(
          'CONFLICT',
          `The organization ${organization} has people: erase them before its keys are destroyed, or, where there are none, try again in a few minutes, when the enrollments under way have ended. Its keys were not changed.`,
        );
      }
      await addNext(organization, randomKey(random));
      await dropOlder(organization);
    },
  };
}

/** 32 bytes. */
export function randomKey(random: Random): Uint8Array {
  const key = new Uint8Array(32);
  random(key);
  return key;
}
