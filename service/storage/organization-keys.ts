import { createSecretKey, type KeyObject } from 'node:crypto';
import type { OrganizationId, SubjectId } from '../lib/id.ts';
import { Problem } from '../lib/problem.ts';
import { decrypt, encrypt, type Random } from './aes-gcm.ts';
import type { KeyStore } from './key-store.ts';
import type { MasterKey } from './master-key.ts';
import type { WrappedPersonKey } from './wrapped-key.ts';

/** The keys of the organizations, opened. They wrap the keys of their people. */
export interface OrganizationKeys {
  /** A key of its own and a lookup secret; on disk when it resolves. */
  create(organization: OrganizationId): Promise<void>;
  /** Under the newest generation. Throws SEALED when the organization has no key. */
  wrapPerson(organization: OrganizationId, subject: SubjectId, key: Uint8Array): WrappedPersonKey;
  /**
   * `undefined` when that generation is gone: the key was rewrapped since the row was read. Throws an error (not a Problem)
   * for a row that was changed.
   */
  unwrapPerson(row: WrappedPersonKey): Uint8Array | undefined;
  /** The secret of the keyed e-mail hashes; the same in every generation. */
  lookup(organization: OrganizationId): KeyObject;
}

/** What one organization's keys open with; `newest` wraps new person keys. */
interface Opened {
  newest: number;
  generations: Map<number, KeyObject>;
  lookup: KeyObject;
}

export interface OrganizationKeysDeps {
  keys: KeyStore;
  master: MasterKey;
  random: Random;
}

/** Opens every organization's key with the master key. Throws SEALED when it is not the one that wrapped them. */
export async function openOrganizationKeys({
  keys,
  master,
  random,
}: OrganizationKeysDeps): Promise<OrganizationKeys> {
  const organizations = new Map<OrganizationId, Opened>();
  for (const row of await keys.organizations()) {
    const { organization, generation } = row;
    const key = await master.unwrap(row.wrapped, organizationBound(organization, generation));
    const lookup = await master.unwrap(row.lookupWrapped, lookupBound(organization));
    if (key === undefined || lookup === undefined) {
      throw new Problem(
        'SEALED',
        row.master === master.id
          ? `The key of the organization ${organization} is damaged in the key store: put back the newest copy of keys.db.`
          : `The master key (${master.id}) is not the one that wrapped the organizations' keys (${row.master}): put that one back.`,
      );
    }
    const generations = organizations.get(organization)?.generations ?? new Map<number, KeyObject>();
    generations.set(generation, createSecretKey(key));
    organizations.set(organization, { newest: generation, generations, lookup: createSecretKey(lookup) });
  }

  function of(organization: OrganizationId): Opened {
    const found = organizations.get(organization);
    if (found) return found;
    throw new Problem(
      'SEALED',
      `The key store holds no key of the organization ${organization}: put back the keys.db that belongs to this database.`,
    );
  }

  return {
    async create(organization) {
      const key = randomKey(random);
      const lookup = randomKey(random);
      const generation = 1;
      await keys.addOrganization({
        organization,
        generation,
        master: master.id,
        wrapped: await master.wrap(key, organizationBound(organization, generation)),
        lookupWrapped: await master.wrap(lookup, lookupBound(organization)),
      });
      organizations.set(organization, {
        newest: generation,
        generations: new Map([[generation, createSecretKey(key)]]),
        lookup: createSecretKey(lookup),
      });
    },
    wrapPerson(organization, subject, key) {
      const { newest, generations } = of(organization);
      const wrapped = encrypt(generations.get(newest)!, key, personBound(organization, subject), random);
      return { subject, organization, generation: newest, wrapped };
    },
    unwrapPerson({ subject, organization, generation, wrapped }) {
      const wrapping = of(organization).generations.get(generation);
      if (wrapping === undefined) return undefined;
      const plain = decrypt(wrapping, wrapped, personBound(organization, subject));
      if (plain) return plain;
      throw new Error(
        `The key of ${subject} does not open with generation ${generation} of ${organization}.`,
      );
    },
    lookup: (organization) => of(organization).lookup,
  };
}

/** 32 bytes. */
export function randomKey(random: Random): Uint8Array {
  const key = new Uint8Array(32);
  random(key);
  return key;
}

const organizationBound = (organization: OrganizationId, generation: number) =>
  `organization|${organization}|${generation}`;
const lookupBound = (organization: OrganizationId) => `lookup|${organization}`;
const personBound = (organization: OrganizationId, subject: SubjectId) => `person|${organization}|${subject}`;
