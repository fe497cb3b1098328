import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { describeGrant, type Grant } from '../../engine/destinations/index.ts';
import { lineOfText } from '../../http/text-fields.ts';
import { time } from '../../lib/time.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';

/** The engine says how a destination is written. */
const NewGrant = z.strictObject({
  to: z.string().min(1).max(300),
  note: lineOfText(300).optional(),
});
const GrantParams = z.object({ grant: z.string().max(64) });
const GrantQuery = z.strictObject({ all: z.enum(['true', 'false']).optional() });

/** Where an organization may send to: appliance authority, until administrators sign in. */
export const grantRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'grants'>> = async (
  app,
  { organizations, grants },
) => {
  const organizationOf = createOrganizationOf(organizations);

  app.get('/organizations/:organization/grants', async ({ params, query }) => {
    const organization = await organizationOf(params);
    const { all } = parse(GrantQuery, query);
    const found = await grants.list(organization);
    return { grants: found.filter(({ revoked }) => all === 'true' || revoked === undefined).map(fromGrant) };
  });

  app.post('/organizations/:organization/grants', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { to, note = '' } = parse(NewGrant, request.body);
    return reply.code(201).send(fromGrant(await grants.add(organization, to, note, operator(request))));
  });

  app.delete('/organizations/:organization/grants/:grant', async (request) => {
    const organization = await organizationOf(request.params);
    const { grant } = parse(GrantParams, request.params);
    return fromGrant(await grants.revoke(organization, grant, operator(request)));
  });
};

const fromGrant = (grant: Grant) => ({
  id: grant.id,
  to: describeGrant(grant),
  kind: grant.to.is,
  note: grant.note,
  createdAt: time(grant.createdAt),
  createdBy: grant.createdBy,
  ...(grant.revoked && { revokedAt: time(grant.revoked.at), revokedBy: grant.revoked.by }),
});
