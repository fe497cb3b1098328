import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';

const Unlock = z.strictObject({
  world: z.enum(['live', 'test']),
  person: z.string().min(1).max(254).describe('id, or the address that was claimed'),
});

/** People whose failed verifications locked them out. */
export const unlockRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'checks'>> = async (
  app,
  { organizations, checks },
) => {
  const organizationOf = createOrganizationOf(organizations);
  app.post('/organizations/:organization/subjects/unlock', async (request) => {
    const organization = await organizationOf(request.params);
    const { world, person } = parse(Unlock, request.body);
    return checks.unlock({ organization, world }, person, operator(request));
  });
};
