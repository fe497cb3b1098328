import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { keyOf } from '../../http/authentication.ts';
import { Problem } from '../../lib/problem.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { cutPage } from './page.ts';
import { fromGrant } from './translate.ts';
import { GrantQuery } from './wire.ts';
import { GrantPage } from './wire-replies.ts';

const tags = ['grants'];
const config = { access: 'admin' } as const;

/** Of every key alike, before its body is looked at: a key that leaked opens no way out. */
const refuseWith = (sentence: string) => async (_: FastifyRequest) => {
  throw new Problem('INSUFFICIENT_SCOPE', sentence);
};
const NO_GRANT =
  'No API key may grant a destination: that is an administrator\'s. On the box run "gatehouse grant add <destination>".';
const NO_REVOKE =
  'No API key may revoke a grant: that is an administrator\'s. On the box run "gatehouse grant revoke <id> --confirm <destination>".';

/** Where the organization may send to: read with a key, changed by an administrator on the box alone. */
export const grantRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'grants'>> = async (app, { grants }) => {
  app.get<{ Querystring: z.output<typeof GrantQuery> }>(
    '/api/admin/grants',
    {
      config,
      schema: {
        operationId: 'listGrants',
        summary: 'List grants',
        description:
          'Where the organization may send to, and who allowed it; grants hold for both worlds. Nothing else leaves the box.',
        tags,
        querystring: GrantQuery,
        response: { 200: GrantPage },
      },
    },
    async (request) =>
      cutPage((await grants.list(keyOf(request).organization)).map(fromGrant), request.query),
  );

  app.post(
    '/api/admin/grants',
    {
      config,
      onRequest: refuseWith(NO_GRANT),
      schema: {
        operationId: 'addGrant',
        summary: 'Grant a destination (not with a key)',
        description: 'Always refused: an administrator does it on the box, with `gatehouse grant add`.',
        tags,
      },
    },
    async () => undefined,
  );

  app.delete(
    '/api/admin/grants/:id',
    {
      config,
      onRequest: refuseWith(NO_REVOKE),
      schema: {
        operationId: 'revokeGrant',
        summary: 'Revoke a grant (not with a key)',
        description: 'Always refused: an administrator does it on the box, with `gatehouse grant revoke`.',
        tags,
      },
    },
    async () => undefined,
  );
};
