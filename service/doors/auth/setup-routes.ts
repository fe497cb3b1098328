import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SetupView } from '../../engine/accounts/index.ts';
import {
  endedSetupCookie,
  fromSetupCookie,
  isSameOrigin,
  toSessionCookie,
  toSetupCookie,
} from '../../http/sign-in/administrator-sessions.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { fromOf, requireCookieOrigin } from './answer-sign-in.ts';
import type { AuthDeps } from './auth-deps.ts';
import { fromOpened } from './translate.ts';
import { ConsoleReply } from './wire-replies.ts';

/** Ours: the first owner of a box (`/api/setup`). */

const SetupClaim = z
  .strictObject({
    token: z.string().min(1).max(256).describe('The setup token from the terminal or the file'),
  })
  .meta({ id: 'SetupClaim', examples: [{ token: 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa' }] });

const SetupOrganization = z
  .strictObject({ name: z.string().trim().min(1).max(200).describe('Name of the organization') })
  .meta({ id: 'SetupOrganization', examples: [{ name: 'Nordlys Bank' }] });

const SetupOwner = z
  .strictObject({
    name: z.string().min(1).max(1024).describe('Name of the owner'),
    email: z.string().min(1).max(1024).describe('E-mail address of the owner for sign-in'),
    password: z.string().min(1).max(4096).describe('Password, at least 12 characters'),
  })
  .meta({
    id: 'SetupOwner',
    examples: [
      { name: 'Elin Sandström', email: 'elin@nordlys.example', password: 'correct horse battery staple' },
    ],
  });

type SetupOwner = z.output<typeof SetupOwner>;

const SetupState = z
  .strictObject({
    state: z
      .enum(['closed', 'open', 'expired', 'claimed', 'mine'])
      .describe(
        '`closed`: the box has an owner. `open`: the token can be used. `expired`: a new token is needed. `claimed`: another browser has used the token. `mine`: this browser has used it',
      ),
    expiresAt: z.iso.datetime().optional().describe("Expiry of the token, or of this browser's claim"),
    organization: z
      .strictObject({
        id: z.string().describe('Id of the organization'),
        name: z.string().describe('Its name'),
        mayRename: z.boolean().describe('Whether it is the only one and has no people in the live world yet'),
      })
      .optional()
      .describe('The organization of the future owner; only for the browser that used the token'),
  })
  .meta({
    id: 'SetupState',
    description: 'State of the setup.',
    examples: [{ state: 'open', expiresAt: '2026-11-22T09:10:00.000Z' }],
  });

const tags = ['sign-in'];
const refuses = ['SETUP_TOKEN_REFUSED', 'SETUP_CLOSED', 'CSRF_REFUSED'] as const;
const claimOf = (request: FastifyRequest) => fromSetupCookie(request.headers.cookie);

/** Accepts only pages of this box, because the cookie authenticates the browser. */
function requireOwnPage(request: FastifyRequest): void {
  requireCookieOrigin(request, true);
  if (isSameOrigin(request)) return;
  throw new Problem('CSRF_REFUSED', 'Only the pages of this appliance set it up: open /console/setup.');
}

/** The first owner of a box, by a page that has the setup token. */
export function setupRoutes(app: FastifyInstance, { setup }: AuthDeps): void {
  const view = async (claim: string | undefined) => fromView(await setup.view(claim));

  app.get(
    '/api/setup',
    {
      config: { access: 'public', quiet: true },
      schema: {
        operationId: 'getSetup',
        summary: 'Show the state of the setup',
        description: 'Whether the box has an owner, and whether this browser may create one.',
        tags,
        response: { 200: SetupState },
      },
    },
    (request) => view(claimOf(request)),
  );

  app.post(
    '/api/setup/claim',
    {
      config: { access: 'public', refuses: [...refuses, 'SIGN_IN_DELAYED'] },
      schema: {
        operationId: 'claimSetup',
        summary: 'Use the setup token',
        description: 'The first browser that sends the token gets a cookie; other browsers are refused.',
        tags,
        body: SetupClaim,
        response: { 200: SetupState },
      },
    },
    async (request, reply) => {
      requireOwnPage(request);
      const secret = await setup.claim(request.body.token, fromOf(request));
      reply.header('set-cookie', toSetupCookie(secret));
      return view(secret);
    },
  );

  app.post(
    '/api/setup/organization',
    {
      config: { access: 'public', refuses: [...refuses, 'CONFLICT'] },
      schema: {
        operationId: 'nameFirstOrganization',
        summary: 'Name the organization',
        description: 'Creates the first organization, or renames the only one while it has no people.',
        tags,
        body: SetupOrganization,
        response: { 200: SetupState },
      },
    },
    async (request) => {
      requireOwnPage(request);
      await setup.nameOrganization(claimOf(request), request.body.name);
      return view(claimOf(request));
    },
  );

  app.post(
    '/api/setup/owner',
    {
      config: { access: 'public', refuses: [...refuses, 'CONFLICT', 'PASSWORD_TOO_WEAK', 'OVERLOADED'] },
      schema: {
        operationId: 'makeFirstOwner',
        summary: 'Create the owner',
        description:
          'The owner of the organization and of the box, signed in with a cookie. The setup token is invalid from then on.',
        tags,
        body: SetupOwner,
        response: { 200: ConsoleReply },
      },
    },
    (request, reply) => makeOwner(setup, request, reply),
  );
}

async function makeOwner(
  setup: AuthDeps['setup'],
  request: FastifyRequest<{ Body: SetupOwner }>,
  reply: FastifyReply,
) {
  requireOwnPage(request);
  const opened = await setup.makeOwner(claimOf(request), request.body, fromOf(request));
  reply.header('set-cookie', [toSessionCookie(opened.secret), endedSetupCookie]);
  return fromOpened(opened);
}

const fromView = ({ is, expiresAt, organization }: SetupView) => ({
  state: is,
  ...defined({
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
    organization,
  }),
});
