import type { FastifyPluginAsync } from 'fastify';
import type { LimitsReport } from '../../engine/limits/index.ts';
import { defined } from '../../lib/defined.ts';
import type { KeyId } from '../../lib/id.ts';
import { time } from '../../lib/time.ts';
import type { ControlDeps } from './control-deps.ts';
import { LimitsChange, LimitsQuery, Unlock } from './limits-wire.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';

/** How much an organization and its keys may ask, and people whose failed verifications locked them out. */
export const limitRoutes: FastifyPluginAsync<
  Pick<ControlDeps, 'organizations' | 'limits' | 'checks'>
> = async (app, { organizations, limits, checks }) => {
  const organizationOf = createOrganizationOf(organizations);

  app.get('/organizations/:organization/limits', async ({ params, query }) => {
    const organization = await organizationOf(params);
    const { key } = parse(LimitsQuery, query);
    return fromLimits(await limits.show(organization, key as KeyId | undefined));
  });

  app.patch('/organizations/:organization/limits', async (request) => {
    const organization = await organizationOf(request.params);
    const { key, trialUntil, ...change } = defined(parse(LimitsChange, request.body));
    const end = trialUntil === undefined || trialUntil === null ? trialUntil : Date.parse(trialUntil);
    return fromLimits(
      await limits.set(
        organization,
        { ...change, ...(end !== undefined && { trialUntil: end }) },
        operator(request),
        key as KeyId | undefined,
      ),
    );
  });

  app.post('/organizations/:organization/subjects/unlock', async (request) => {
    const organization = await organizationOf(request.params);
    const { world, person } = parse(Unlock, request.body);
    return checks.unlock({ organization, world }, person, operator(request));
  });
};

const fromLimits = ({ trialUntil, month, ...rest }: LimitsReport) => ({
  ...rest,
  trialUntil: trialUntil === null ? null : time(trialUntil),
  month: time(month).slice(0, 7),
});
