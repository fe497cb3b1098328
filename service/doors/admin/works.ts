import { z } from 'zod';
import type { Organizations } from '../../engine/accounts/index.ts';
import {
  FollowedWork,
  type KeyCustody,
  type TemplateRenewals,
  Work,
  type Works,
} from '../../engine/appliance/index.ts';
import { Problem } from '../../lib/problem.ts';
import { shortListRoute } from './lists.ts';
import { ofAppliance, ofOperator } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const WorkParams = z.strictObject({
  id: z.string().min(1).max(128).describe('`x-request-id` of the request that began it'),
});

export interface WorkRouteDeps {
  works: Pick<Works, 'list' | 'get'>;
  organizations: Pick<Organizations, 'list'>;
  custody: Pick<KeyCustody, 'organizationRotation'>;
  renewals: Pick<TemplateRenewals, 'anywhere'>;
}

/** Backups, erasures, sweeps, calibrations and new secrets: how far each is. */
export const workRoutes = (deps: WorkRouteDeps): AdminRoute[] => [
  shortListRoute({
    tag: 'works',
    within: 'appliance',
    may: ofAppliance,
    url: '/works',
    operationId: 'listWorks',
    effect: 'none',
    quiet: true,
    summary: 'List long works',
    description:
      'Backups, erasures, sweeps, calibrations and new secrets that run now, with their progress, and those that ended lately in this process.',
    item: Work,
    items: 'What runs, and what ended lately; the newest first',
    page: 'WorkPage',
    rows: async () => [...(await newSecrets(deps)), ...deps.works.list()],
  }),
  route('GET /works/:id', {
    tag: 'works',
    within: 'appliance',
    may: ofOperator,
    operationId: 'getWork',
    effect: 'none',
    quiet: true,
    summary: 'Show a long work',
    description: 'Its progress, and what it was answered with: for a caller whose connection was lost.',
    params: WorkParams,
    reply: FollowedWork,
    refuses: ['NOT_FOUND'],
    async handle({ params: { id } }) {
      const work = deps.works.get(id);
      if (!work)
        throw new Problem('NOT_FOUND', 'The service knows no such work: it ended long ago, or never began.');
      return work;
    },
  }),
];

/** They go on after a start too, and are done once they have no state. */
async function newSecrets({ organizations, custody, renewals }: WorkRouteDeps): Promise<Work[]> {
  const works: Work[] = [];
  for (const { id: organization } of await organizations.list()) {
    const states = {
      rotateOrganizationKey: await custody.organizationRotation(organization),
      renewTemplates: await renewals.anywhere(organization),
    };
    for (const [operation, state] of Object.entries(states)) {
      if (state.is === 'none') continue;
      works.push({
        id: `${operation}/${organization}`,
        operation,
        organization,
        state: state.is === 'running' ? 'running' : 'failed',
        now: { step: 'under the new secret', done: state.done, of: state.total },
        ...(state.is === 'stopped' && { reason: state.reason }),
      });
    }
  }
  return works;
}
