import { z } from 'zod';
import { Administrator, type Setup, type SetupOpening } from '../../engine/accounts/index.ts';
import { time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { ofOperator } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const examples = [
  {
    state: 'open' as const,
    token: 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa',
    expiresAt: '2026-11-22T09:10:00.000Z',
    file: '/srv/gatehouse/setup-token',
  },
];

const SetupReply = z
  .object({
    state: z
      .enum(['closed', 'open', 'claimed'])
      .describe(
        '`closed`: the box has an owner. `open`: the token can be used. `claimed`: a browser has used the token',
      ),
    token: z.string().optional().describe('Token for `/console/setup`; only while it is valid'),
    expiresAt: time('Expiry of the token, or of the browser that used it').optional(),
    file: z.string().describe('File with the token while it is valid'),
  })
  .meta({ id: 'Setup', description: 'State of the setup of the first owner.', examples });

const FirstOwner = z
  .strictObject({
    email: z.string().min(1).max(1024).describe('E-mail address, with which the owner signs in'),
    name: lineOfText(120).describe('Name'),
    password: z.string().min(1).max(4096).describe('Of at least 12 characters'),
  })
  .meta({
    id: 'FirstOwner',
    examples: [
      { email: 'elin@nordlys.example', name: 'Elin Sandström', password: 'correct horse battery staple' },
    ],
  });

export interface SetupRouteDeps {
  setup: Pick<Setup, 'opening' | 'renew' | 'makeOwnerUnattended'>;
  setupTokenFile: string;
}

const about = {
  tag: 'appliance',
  within: 'appliance',
  may: ofOperator,
} as const;

/** The setup token, for the operator of the box alone. */
export const setupRoutes = ({ setup, setupTokenFile }: SetupRouteDeps): AdminRoute[] => {
  const shown = ({ is, at: _, ...opening }: SetupOpening) => ({
    ...opening,
    state: is,
    file: setupTokenFile,
  });
  return [
    route('GET /setup-token', {
      ...about,
      operationId: 'getSetupToken',
      effect: 'none',
      summary: 'Show the setup token',
      description:
        'The token creates the first owner at `/console/setup`. There is none once the box has an owner.',
      reply: SetupReply,
      handle: async () => shown(await setup.opening()),
    }),
    route('POST /setup-token', {
      ...about,
      operationId: 'makeSetupToken',
      effect: 'none',
      summary: 'Create a new setup token',
      description:
        'Valid for 24 hours. The earlier token and the browser that used it are refused from then on.',
      reply: SetupReply,
      refuses: ['SETUP_CLOSED'],
      handle: async ({ who }) => shown(await setup.renew(who)),
    }),
    route('POST /organization/first-owner', {
      ...about,
      within: 'organization',
      operationId: 'makeOwnerUnattended',
      effect: 'weakens-protection',
      summary: 'Make the first owner without a browser',
      description:
        'Of the organization and of the box, with a password. A second factor is due within 7 days. The setup token is void from then on.',
      body: FirstOwner,
      status: 201,
      reply: Administrator,
      refuses: ['SETUP_CLOSED', 'CONFLICT', 'NOT_FOUND', 'PASSWORD_TOO_WEAK', 'STORAGE_FULL'],
      handle: ({ organization, body, who }) => setup.makeOwnerUnattended(organization, body, who),
    }),
  ];
};
