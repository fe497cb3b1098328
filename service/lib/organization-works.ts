import type { OrganizationId } from './id.ts';
import type { Log } from './log.ts';
import { Problem } from './problem.ts';

export interface WorkProgress {
  done: number;
  total: number;
}

/** Held until it is released, or until its node is removed, which writes nothing more then. */
export interface Lease {
  note(progress: WorkProgress): Promise<void>;
  release(): Promise<void>;
}

/** Long works of which each is done by one node. */
export interface LeasedWorks {
  /** Undefined while another node does it. */
  lease(work: string): Promise<Lease | undefined>;
  /** How far another node is with it; undefined: none does it. */
  elsewhere(work: string): Promise<WorkProgress | undefined>;
  /** Again and again, as what a node had leased is free once it is removed. */
  watch(takeOver: () => Promise<unknown>): void;
}

export type OrganizationWork =
  | { is: 'none' }
  | ({ is: 'running' } & WorkProgress)
  /** The reason; the next start, or the next try, continues from there. */
  | ({ is: 'stopped'; reason: string } & WorkProgress);

export interface OrganizationWorksDeps {
  works: LeasedWorks;
  /** Of the lease. */
  nameOf(organization: OrganizationId): string;
  log: Log;
  /** What is logged when it fails, and what a second start answers. */
  sentences: { stopped: string; running: string };
}

/** One long work of each organization, in the background, at one node at a time. */
export function createOrganizationWorks({ works, nameOf, log, sentences }: OrganizationWorksDeps) {
  const states = new Map<OrganizationId, Exclude<OrganizationWork, { is: 'none' }>>();
  const running = new Map<OrganizationId, Promise<void>>();
  const state = (organization: OrganizationId): OrganizationWork =>
    states.get(organization) ?? { is: 'none' };
  const isRunning = () => new Problem('CONFLICT', sentences.running);

  return {
    state,
    isRunning: (organization: OrganizationId) => running.has(organization),
    lease: (organization: OrganizationId) => works.lease(nameOf(organization)),
    /** The state, at whichever node it runs. */
    async anywhere(organization: OrganizationId): Promise<OrganizationWork> {
      const elsewhere = await works.elsewhere(nameOf(organization));
      return elsewhere ? { is: 'running', ...elsewhere } : state(organization);
    },
    /** Calls `begin` with the lease. Throws CONFLICT while the work runs, at any node. */
    async start<T>(organization: OrganizationId, begin: (lease: Lease) => Promise<T>): Promise<T> {
      if (running.has(organization)) throw isRunning();
      const starting = Promise.resolve();
      running.set(organization, starting);
      let lease: Lease | undefined;
      try {
        lease = await works.lease(nameOf(organization));
        if (lease === undefined) throw isRunning();
        return await begin(lease);
      } catch (error) {
        await lease?.release();
        throw error;
      } finally {
        if (running.get(organization) === starting) running.delete(organization);
      }
    },
    /** Does `work` in the background and gives the lease back; false where it was stopped before its end. */
    run(
      organization: OrganizationId,
      { total, lease }: { total: number; lease: Lease },
      work: (progress: WorkProgress) => Promise<boolean>,
    ): void {
      const progress = { is: 'running' as const, done: 0, total };
      states.set(organization, progress);
      const run = work(progress)
        .then((whole) => {
          if (whole) states.delete(organization);
        })
        .catch((error: unknown) => {
          log.error({ organization, err: error }, sentences.stopped);
          const reason =
            error instanceof Problem ? error.message : 'An internal error; the log has the details.';
          states.set(organization, { ...progress, is: 'stopped', reason });
        })
        .finally(() => lease.release().catch(() => {}))
        .finally(() => running.delete(organization));
      running.set(organization, run);
    },
    watch: works.watch,
    settled: () => Promise.all(running.values()),
  };
}
