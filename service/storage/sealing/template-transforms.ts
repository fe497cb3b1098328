import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { secretBound } from '../keys/wrapped-key.ts';
import { writeWrapped } from '../keys/write-wrapped.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { Random } from './aes-gcm.ts';
import { createTemplateTransform, type TemplateTransform, untransformed } from './template-transform.ts';

/** The organizations' secret rotations of their templates; the secrets lie in the key store, wrapped by the master key. */
export interface TemplateTransforms {
  /**
   * The newest, unless a generation is named; 0 is none. Throws SEALED for a generation whose secret is not there (any more).
   */
  of(organization: OrganizationId, generation?: number): TemplateTransform;
  /** Those whose secret is kept, oldest first. */
  generations(organization: OrganizationId): number[];
  /** A new secret, from now on the newest; on disk when it resolves. */
  add(organization: OrganizationId): Promise<number>;
  /** The newest for what is about to be stored: it is not dropped before this is disposed of. */
  borrow(organization: OrganizationId): Disposable & { transform: TemplateTransform };
  /** Destroys the secrets before the newest, once none of them is borrowed. */
  dropOlder(organization: OrganizationId): Promise<void>;
  /** Resolves when none but the newest is borrowed. */
  settled(organization: OrganizationId): Promise<void>;
}

interface Known {
  byGeneration: Map<number, TemplateTransform>;
  newest: number;
  borrowed: Set<{ generation: number; returned: Promise<void> }>;
}

const LENGTH = 32;
const nameOf = (organization: OrganizationId, generation: number) =>
  `transform/${organization}/${generation}`;

/** Opens the secrets there are, and makes one for each organization that has none. Throws SEALED when one does not open. */
export async function openTemplateTransforms({
  keys,
  master,
  random,
}: {
  keys: Pick<KeyStore, 'secrets' | 'addSecret' | 'removeSecret' | 'organizations'>;
  master: MasterKey;
  random: Random;
}): Promise<TemplateTransforms> {
  const organizations = new Map<OrganizationId, Known>();

  function knownOf(organization: OrganizationId): Known {
    let known = organizations.get(organization);
    if (!known) {
      known = { byGeneration: new Map(), newest: 0, borrowed: new Set() };
      organizations.set(organization, known);
    }
    return known;
  }

  function remember(organization: OrganizationId, generation: number, secret: Uint8Array): void {
    const known = knownOf(organization);
    known.byGeneration.set(generation, createTemplateTransform(secret, generation));
    known.newest = Math.max(known.newest, generation);
  }

  async function add(organization: OrganizationId): Promise<number> {
    const generation = knownOf(organization).newest + 1;
    const name = nameOf(organization, generation);
    const secret = new Uint8Array(LENGTH);
    random(secret);
    await writeWrapped(master, async (id) =>
      keys.addSecret({
        name,
        master: id,
        wrapped: await master.wrap(secret, secretBound(name)),
        details: '{}',
      }),
    );
    remember(organization, generation, secret);
    return generation;
  }

  for await (const { organization, generation, secret } of unwrapAll(keys, master)) {
    remember(organization, generation, secret);
  }
  for (const { organization } of await keys.organizations()) {
    if (knownOf(organization).newest === 0) await add(organization);
  }

  const settled = (organization: OrganizationId) => olderReturned(knownOf(organization));

  return {
    of(organization, generation) {
      const { byGeneration, newest } = knownOf(organization);
      const wanted = generation ?? newest;
      if (wanted === 0) return untransformed;
      const found = byGeneration.get(wanted);
      if (found) return found;
      throw new Problem(
        'SEALED',
        `The key store lacks the template secret ${wanted} of the organization ${organization}: put back the newest copy of the key store.`,
      );
    },
    generations: (organization) => [...knownOf(organization).byGeneration.keys()].sort((a, b) => a - b),
    add,
    borrow: (organization) => borrowNewest(knownOf(organization)),
    settled,
    async dropOlder(organization) {
      await settled(organization);
      const { byGeneration, newest } = knownOf(organization);
      for (const generation of [...byGeneration.keys()]) {
        if (generation === newest) continue;
        await keys.removeSecret(nameOf(organization, generation));
        byGeneration.delete(generation);
      }
    },
  };
}

async function* unwrapAll(keys: Pick<KeyStore, 'secrets'>, master: MasterKey) {
  for (const { name, wrapped } of await keys.secrets()) {
    const [, organization, generation] = /^transform\/([^/]+)\/(\d+)$/.exec(name) ?? [];
    if (organization === undefined) continue;
    const secret = await master.unwrap(wrapped, secretBound(name));
    if (secret === undefined) {
      throw new Problem(
        'SEALED',
        `The secret "${name}" does not open with this master key: put back the newest copy of the key store, and the master key that belongs to it.`,
      );
    }
    yield { organization: organization as OrganizationId, generation: Number(generation), secret };
  }
}

function borrowNewest({
  byGeneration,
  newest,
  borrowed,
}: Known): Disposable & { transform: TemplateTransform } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const one = { generation: newest, returned: promise };
  borrowed.add(one);
  return {
    transform: byGeneration.get(newest) ?? untransformed,
    [Symbol.dispose]() {
      borrowed.delete(one);
      resolve();
    },
  };
}

async function olderReturned({ borrowed, newest }: Known): Promise<void> {
  const older = [...borrowed].filter(({ generation }) => generation !== newest);
  await Promise.all(older.map(({ returned }) => returned));
}
