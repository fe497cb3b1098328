import { setImmediate as turn } from 'node:timers/promises';
import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import {
  createOrganizationWorks,
  type Lease,
  type LeasedWorks,
  type OrganizationWork,
  type WorkProgress,
} from '../../lib/organization-works.ts';
import { worksAlone } from '../position/node-works.ts';
import { openResealing } from '../sealing/resealing.ts';
import type { KeyStore } from './key-store.ts';
import type { OrganizationKeys } from './organization-keys.ts';

/** People of one transaction: a few milliseconds of work, then other work has a turn. */
const PAGE = 200;

/** `done` of `total` people's keys lie under the new one. */
export type OrganizationRotation = OrganizationWork;

export type OrganizationRotations = ReturnType<typeof createOrganizationRotations>;

export interface OrganizationRotationsDeps {
  keys: KeyStore;
  organizations: OrganizationKeys;
  log: Log;
  /** Called once the new key wraps the key of every person and the old one is removed. */
  finished(organization: OrganizationId, result: { generation: number; people: number }): Promise<void>;
  page?: number;
  works?: LeasedWorks;
}

export function createOrganizationRotations({
  keys,
  organizations,
  log,
  finished,
  page: limit = PAGE,
  works = worksAlone,
}: OrganizationRotationsDeps) {
  const rotations = createOrganizationWorks({
    works,
    nameOf: (organization) => `rotate-key/${organization}`,
    log,
    sentences: {
      stopped: 'the rotation of an organization’s key stopped',
      running: 'The key of this organization is being rotated already.',
    },
  });
  const stopping = new AbortController();

  async function goOn(organization: OrganizationId, generation: number, lease: Lease): Promise<number> {
    const total = await keys.countOlderPersons(organization, generation);
    rotations.run(organization, { total, lease }, async (progress) => {
      const whole = await rewrapPersons(
        { keys, organizations, limit, stopping: stopping.signal, lease },
        organization,
        generation,
        progress,
      );
      if (whole) await finished(organization, { generation, people: progress.done });
      return whole;
    });
    return total;
  }

  async function resume(): Promise<OrganizationId[]> {
    const rows = await keys.organizations();
    const unfinished = [...Map.groupBy(rows, ({ organization }) => organization)].filter(
      ([organization, generations]) => generations.length > 1 && !rotations.isRunning(organization),
    );
    const resumed: OrganizationId[] = [];
    for (const [organization] of unfinished) {
      const lease = await rotations.lease(organization);
      if (lease === undefined) continue;
      // Another node may have ended it since the rows were read.
      await organizations.reload([organization]);
      const generations = organizations.generations(organization);
      const generation = generations.at(-1)!;
      if (generations.length < 2) await lease.release();
      else {
        await goOn(organization, generation, lease);
        resumed.push(organization);
      }
    }
    return resumed;
  }

  return {
    /**
     * A new key for the organization, then every person's key is rewrapped by it in the background, then the old one is removed.
     * Nothing sealed is touched; everything can be read and written meanwhile. One that was cut short is gone on with instead.
     * Resolves when the new key is on disk; throws CONFLICT while one is running, at any node.
     */
    start: (organization: OrganizationId): Promise<{ generation: number; total: number }> =>
      rotations.start(organization, async (lease) => {
        await organizations.reload([organization]);
        const unfinished = organizations.generations(organization).length > 1;
        const generation = unfinished
          ? organizations.generations(organization).at(-1)!
          : await organizations.addGeneration(organization);
        return { generation, total: await goOn(organization, generation, lease) };
      }),
    state: rotations.state,
    /** The same, at whichever node it runs. */
    anywhere: rotations.anywhere,
    /** Continues interrupted rotations, from now on also those of nodes that were removed, and returns their organizations; calls `finished` for each. */
    async resume(): Promise<OrganizationId[]> {
      rotations.watch(() => resume());
      return resume();
    },
    /** Waits for the page that is being written; the rest waits for the next start. */
    async stop(): Promise<void> {
      stopping.abort();
      await rotations.settled();
    },
  };
}

/** Then removes the older keys. False when it was stopped before the end. */
async function rewrapPersons(
  {
    keys,
    organizations,
    limit,
    stopping,
    lease,
  }: Pick<OrganizationRotationsDeps, 'keys' | 'organizations'> & {
    limit: number;
    stopping: AbortSignal;
    lease: Pick<Lease, 'note'>;
  },
  organization: OrganizationId,
  generation: number,
  progress: WorkProgress,
): Promise<boolean> {
  const resealing = openResealing(limit);
  try {
    for (let after = ''; ; ) {
      if (stopping.aborted) return false;
      const page = await keys.olderPersons(organization, generation, { after, limit });
      const last = page.at(-1);
      if (!last) break;
      await keys.rewrapPersons(await organizations.rewrapPersons(page, resealing));
      progress.done += page.length;
      await lease.note(progress);
      after = last.subject;
      await turn();
    }
  } finally {
    await resealing.close();
  }
  await organizations.dropOlder(organization);
  return true;
}
