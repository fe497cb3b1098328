import type { Setup, SetupOpening } from '../../../engine/setup/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import { fromAdministrator } from '../administrators/translate.ts';
import { AdministratorReply } from '../administrators/wire.ts';
import { ofOperator } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { FirstOwner, SetupReply } from './wire.ts';

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
  const shown = ({ is, token, expiresAt }: SetupOpening): SetupReply => ({
    state: is,
    ...defined({ token, expiresAt: expiresAt === undefined ? undefined : time(expiresAt) }),
    file: setupTokenFile,
  });
  return [
    route({
      ...about,
      method: 'GET',
      url: '/setup-token',
      operationId: 'getSetupToken',
      effect: 'none',
      summary: 'Show the setup token',
      description:
        'The token creates the first owner at `/console/setup`. There is none once the box has an owner.',
      reply: SetupReply,
      handle: async () => shown(await setup.opening()),
    }),
    route({
      ...about,
      method: 'POST',
      url: '/setup-token',
      operationId: 'makeSetupToken',
      effect: 'none',
      summary: 'Create a new setup token',
      description:
        'Valid for 24 hours. The earlier token and the browser that used it are refused from then on.',
      reply: SetupReply,
      refuses: ['SETUP_CLOSED'],
      handle: async ({ who }) => shown(await setup.renew(who)),
    }),
    route({
      ...about,
      within: 'organization',
      method: 'POST',
      url: '/organization/first-owner',
      operationId: 'makeOwnerUnattended',
      effect: 'weakens-protection',
      summary: 'Make the first owner without a browser',
      description:
        'Of the organization and of the box, with a password. A second factor is due within 7 days. The setup token is void from then on.',
      body: FirstOwner,
      status: 201,
      reply: AdministratorReply,
      refuses: ['SETUP_CLOSED', 'CONFLICT', 'NOT_FOUND', 'PASSWORD_TOO_WEAK', 'STORAGE_FULL'],
      handle: async ({ organization, body, who }) =>
        fromAdministrator(await setup.makeOwnerUnattended(organization, body, who)),
    }),
  ];
};
