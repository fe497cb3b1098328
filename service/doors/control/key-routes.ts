import type { FastifyPluginAsync } from 'fastify';
import { defined } from '../../lib/defined.ts';
import type { KeyId } from '../../lib/id.ts';
import type { ControlDeps } from './control-deps.ts';
import { RestrictKey, RotateKey } from './limits-wire.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { fromKey } from './translate.ts';
import { KeyParams } from './wire.ts';

/** What becomes of a key after it was made. */
export const keyRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'access'>> = async (
  app,
  { organizations, access },
) => {
  const organizationOf = createOrganizationOf(organizations);

  app.post('/organizations/:organization/keys/:key/rotate', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { key } = parse(KeyParams, request.params);
    const { overlapSeconds } = parse(RotateKey, request.body);
    const made = await access.rotateKey(organization, key as KeyId, overlapSeconds * 1000, operator(request));
    return reply
      .code(201)
      .send({ id: made.id, key: made.key, record: fromKey(made.record), old: fromKey(made.old) });
  });

  app.patch('/organizations/:organization/keys/:key', async (request) => {
    const organization = await organizationOf(request.params);
    const { key } = parse(KeyParams, request.params);
    const { expiresAt, ...change } = defined(parse(RestrictKey, request.body));
    return fromKey(
      await access.restrictKey(
        organization,
        key as KeyId,
        { ...change, ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }) },
        operator(request),
      ),
    );
  });
};
