import { setImmediate as turn } from 'node:timers/promises';
import type { OrganizationId } from '../../../lib/id.ts';
import {
  createOrganizationWorks,
  type Lease,
  type LeasedWorks,
  type OrganizationWork,
  type WorkProgress,
} from '../../../lib/organization-works.ts';
import type { Actor, Foundation } from '../../audit/index.ts';

/** `done` of `total` templates and kept probes were processed. */
export type TemplateRenewal = OrganizationWork;

/** One kind of rotated vectors: templates, or the probes of verifications. */
export interface RenewalPages {
  count(organization: OrganizationId, generation: number): Promise<number>;
  /** A pass over them, `limit` in a page, until `end`. */
  begin(
    organization: OrganizationId,
    generation: number,
    limit: number,
  ): {
    /** `left`: could not be opened, and stay as they are. Undefined after the last. */
    renew(after: string): Promise<{ last: string; done: number; left: number } | undefined>;
    end(): Promise<unknown>;
  };
}

/**
 * Puts the templates of an organization under a new secret rotation, without pictures and while the service runs: galleries
 * in memory keep the rotation they were read with until the next start.
 */
export interface TemplateRenewals {
  /**
   * A new secret, then everything in the background, then the old secret is destroyed: from then on copies of the old rows are
   * unreadable, also in earlier backups. An interrupted renewal is continued instead. Throws CONFLICT while one is running.
   */
  start(organization: OrganizationId, actor: Actor): Promise<{ generation: number; total: number }>;
  state(organization: OrganizationId): TemplateRenewal;
  /** The same, at whichever node it runs. */
  anywhere(organization: OrganizationId): Promise<TemplateRenewal>;
  /** Goes on with what was cut short, from now on also by nodes that were removed. */
  resume(organizations: readonly OrganizationId[]): Promise<void>;
  /** Waits for the page that is being written; the rest waits for the next start. */
  stop(): Promise<void>;
}

export interface TemplateRenewalsDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'log'> {
  transforms: {
    generations(organization: OrganizationId): number[];
    unfinished(): OrganizationId[];
    refresh(organization: OrganizationId): Promise<void>;
    add(organization: OrganizationId): Promise<number>;
    settled(organization: OrganizationId): Promise<void>;
    dropOlder(organization: OrganizationId): Promise<void>;
  };
  pages: readonly RenewalPages[];
  /** Rows of one transaction: a few milliseconds of work. */
  limit?: number;
  works: LeasedWorks;
}

/** Writes the line at the end of a renewal, also of one that an operator began. */
const appliance: Actor = { is: 'appliance', task: 'template-renewal' };

export function createTemplateRenewals(deps: TemplateRenewalsDeps): TemplateRenewals {
  const { transforms, pages, inTransaction, audit, log, limit = 100, works } = deps;
  const renewals = createOrganizationWorks({
    works,
    nameOf: (organization) => `renew-templates/${organization}`,
    log,
    sentences: {
      stopped: 'the renewal of an organization’s templates stopped',
      running: 'The templates of this organization are being renewed already.',
    },
  });
  let stopping = false;

  const note = (actor: Actor, organization: OrganizationId, details: Record<string, unknown>) =>
    inTransaction((tx) =>
      audit.add(tx, { actor, action: 'organization.renew-templates', organization, details }),
    );

  async function begin(organization: OrganizationId, generation: number, lease: Lease): Promise<number> {
    await transforms.settled(organization);
    const counts = await Promise.all(pages.map((one) => one.count(organization, generation)));
    const total = counts.reduce((sum, count) => sum + count, 0);
    renewals.run(organization, { total, lease }, (progress) =>
      renewAll(organization, generation, progress, lease),
    );
    return total;
  }

  /** False where it ended early, since the service stops. */
  async function renewAll(
    organization: OrganizationId,
    generation: number,
    state: WorkProgress,
    lease: Pick<Lease, 'note'>,
  ): Promise<boolean> {
    let unreadable = 0;
    for await (const { done, left } of renewPages(pages, organization, generation, limit)) {
      state.done += done + left;
      unreadable += left;
      await lease.note(state);
      if (stopping) return false;
    }
    await transforms.dropOlder(organization);
    await note(appliance, organization, { step: 'completed', generation, looked: state.done, unreadable });
    return true;
  }

  async function resume(organizations: readonly OrganizationId[]): Promise<void> {
    for (const organization of organizations) {
      if (transforms.generations(organization).length < 2 || renewals.isRunning(organization)) continue;
      const lease = await renewals.lease(organization);
      if (lease === undefined) continue;
      try {
        // Another node may have ended it since this one looked.
        await transforms.refresh(organization);
        const known = transforms.generations(organization);
        if (known.length > 1) await begin(organization, known.at(-1)!, lease);
        else await lease.release();
      } catch (error) {
        log.error({ organization, err: error }, 'the renewal of an organization’s templates was not resumed');
        await lease.release();
      }
    }
  }

  return {
    start: (organization, actor) =>
      renewals.start(organization, async (lease) => {
        await transforms.refresh(organization);
        const known = transforms.generations(organization);
        const unfinished = known.length > 1;
        const generation = unfinished ? known.at(-1)! : (known.at(-1) ?? 0) + 1;
        await note(actor, organization, { step: unfinished ? 'resumed' : 'begun', generation });
        if (!unfinished) await transforms.add(organization);
        return { generation, total: await begin(organization, generation, lease) };
      }),
    state: renewals.state,
    anywhere: renewals.anywhere,
    async resume(organizations) {
      renewals.watch(() => resume(transforms.unfinished()));
      await resume(organizations);
    },
    async stop() {
      stopping = true;
      await renewals.settled();
    },
  };
}

/** Renews page by page and yields the result of each. */
async function* renewPages(
  pages: readonly RenewalPages[],
  organization: OrganizationId,
  generation: number,
  limit: number,
) {
  for (const one of pages) {
    const { renew, end } = one.begin(organization, generation, limit);
    try {
      for (let after = ''; ; ) {
        const page = await renew(after);
        if (!page) break;
        yield page;
        after = page.last;
        await turn();
      }
    } finally {
      await end();
    }
  }
}
