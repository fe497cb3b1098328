import type { FastifyPluginAsync } from 'fastify';
import type { Organizations } from '../../engine/organizations/index.ts';
import type { TemplateRenewals } from '../../engine/template-renewal/index.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';

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
    const organization = await organizationOf(request.params);
    return reply.code(202).send(await renewals.start(organization, operator(request)));
  });
};
