import { setImmediate as turn } from 'node:timers/promises';
import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type Lease, type NodeWorks, type Progress, worksAlone } from '../position/node-works.ts';
import { openResealing } from '../sealing/resealing.ts';
import type { KeyStore } from './key-store.ts';
import type { OrganizationKeys } from './organization-keys.ts';

/** People of one transaction: a few milliseconds of work, then other work has a turn. */
const PAGE = 200;

export type OrganizationRotation =
  | { is: 'none' }
  /** `done` of `total` people's keys lie under the new one. */
  | { is: 'running'; done: number; total: number }
  /** The reason; the next start or attempt continues from there. */
  | { is: 'stopped'; done: number; total: number; reason: string };

export interface OrganizationRotations {
  /**
   * A new key for the organization, then every person's key is rewrapped by it in the background, then the old one is removed.
   * Nothing sealed is touched; everything can be read and written meanwhile. One that was cut short is gone on with instead.
   * Resolves when the new key is on disk; throws CONFLICT while one is running, at any node.
   */
  start(organization: OrganizationId): Promise<{ generation: number; total: number }>;
  state(organization: OrganizationId): OrganizationRotation;
  /** The same, at whichever node it runs. */
  anywhere(organization: OrganizationId): Promise<OrganizationRotation>;
  /** Continues interrupted rotations, from now on also those of nodes that were removed, and returns their organizations; calls `finished` for each. */
  resume(): Promise<OrganizationId[]>;
  /** Waits for the page that is being written; the rest waits for the next start. */
  stop(): Promise<void>;
}

export interface OrganizationRotationsDeps {
  keys: KeyStore;
  organizations: OrganizationKeys;
  log: Log;
  /** Called once the new key wraps the key of every person and the old one is removed. */
  finished(organization: OrganizationId, result: { generation: number; people: number }): Promise<void>;
  page?: number;
  works?: NodeWorks;
}

const workOf = (organization: OrganizationId) => `rotate-key/${organization}`;

export function createOrganizationRotations({
  keys,
  organizations,
  log,
  finished,
  page: limit = PAGE,
  works = worksAlone,
}: OrganizationRotationsDeps): OrganizationRotations {
  const states = new Map<OrganizationId, Exclude<OrganizationRotation, { is: 'none' }>>();
  const running = new Map<OrganizationId, Promise<void>>();
  const stopping = new AbortController();

  /** In the background; the state says how it goes. */
  function goOn(organization: OrganizationId, generation: number, total: number, lease: Lease): void {
    const state = { is: 'running' as const, done: 0, total };
    states.set(organization, state);
    const run = rewrapPersons(
      { keys, organizations, limit, stopping: stopping.signal, lease },
      organization,
      generation,
      state,
    )
      .then(async (whole) => {
        if (!whole) return;
        await finished(organization, { generation, people: state.done });
        states.delete(organization);
      })
      .catch((error: unknown) => {
        log.error({ organization, err: error }, 'the rotation of an organization’s key stopped');
        const reason =
          error instanceof Problem ? error.message : 'An internal error; the log has the details.';
        states.set(organization, { ...state, is: 'stopped', reason });
      })
      .finally(() => lease.release().catch(() => {}))
      .finally(() => running.delete(organization));
    running.set(organization, run);
  }

  async function resume(): Promise<OrganizationId[]> {
    const rows = await keys.organizations();
    const unfinished = [...Map.groupBy(rows, ({ organization }) => organization)].filter(
      ([organization, generations]) => generations.length > 1 && !running.has(organization),
    );
    const resumed: OrganizationId[] = [];
    for (const [organization] of unfinished) {
      const lease = await works.lease(workOf(organization));
      if (lease === undefined) continue;
      // Another node may have ended it since the rows were read.
      await organizations.reload([organization]);
      const generations = organizations.generations(organization);
      const generation = generations.at(-1)!;
      if (generations.length < 2) await lease.release();
      else {
        goOn(organization, generation, await keys.countOlderPersons(organization, generation), lease);
        resumed.push(organization);
      }
    }
    return resumed;
  }

  return {
    async start(organization) {
      if (running.has(organization)) throw isRunning();
      const starting = Promise.resolve();
      running.set(organization, starting);
      let lease: Lease | undefined;
      try {
        lease = await works.lease(workOf(organization));
        if (lease === undefined) throw isRunning();
        await organizations.reload([organization]);
        const unfinished = organizations.generations(organization).length > 1;
        const generation = unfinished
          ? organizations.generations(organization).at(-1)!
          : await organizations.addGeneration(organization);
        const total = await keys.countOlderPersons(organization, generation);
        goOn(organization, generation, total, lease);
        return { generation, total };
      } catch (error) {
        await lease?.release();
        throw error;
      } finally {
        if (running.get(organization) === starting) running.delete(organization);
      }
    },
    state: (organization) => states.get(organization) ?? { is: 'none' },
    async anywhere(organization) {
      const elsewhere = await works.elsewhere(workOf(organization));
      return elsewhere ? { is: 'running', ...elsewhere } : (states.get(organization) ?? { is: 'none' });
    },
    async resume() {
      works.watch(() => resume());
      return resume();
    },
    async stop() {
      stopping.abort();
      await Promise.all(running.values());
    },
  };
}

const isRunning = () => new Problem('CONFLICT', 'The key of this organization is being rotated already.');

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
  progress: Progress,
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
