import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { TemplateRenewals } from '../../engine/keys/index.ts';
import type { Organizations } from '../../engine/organizations/index.ts';
import { Problem } from '../../lib/problem.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';

const Order = z.strictObject({ confirm: z.string().max(120).optional().describe('its name') });

export interface RenewalDeps {
  organizations: Organizations;
  renewals: TemplateRenewals;
}

/** A new secret rotation for the templates of an organization. */
export const renewalRoutes: FastifyPluginAsync<RenewalDeps> = async (app, { organizations, renewals }) => {
  const organizationOf = createOrganizationOf(organizations);
  app.get('/organizations/:organization/templates/renewal', async ({ params }) =>
    renewals.state(await organizationOf(params)),
  );
  app.post('/organizations/:organization/templates/renewal', async (request, reply) => {
    const { id, name } = await organizations.get(await organizationOf(request.params));
    if (parse(Order, request.body ?? {}).confirm !== name) {
      throw new Problem(
        'CONFIRMATION_REQUIRED',
        `Nothing was renewed. The secret of now is destroyed at the end, and no backup of before serves any more. Confirm with the name of the organization: {"confirm": ${JSON.stringify(name)}}.`,
      );
    }
    return reply.code(202).send(await renewals.start(id, operator(request)));
  });
};
