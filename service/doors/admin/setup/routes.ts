import type { Setup, SetupOpening } from '../../../engine/setup/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import { ofOperator } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { SetupReply } from './wire.ts';

export interface SetupRouteDeps {
  setup: Pick<Setup, 'opening' | 'renew'>;
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
      summary: 'Create a new setup token',
      description:
        'Valid for 24 hours. The earlier token and the browser that used it are refused from then on.',
      reply: SetupReply,
      refuses: ['SETUP_CLOSED'],
      handle: async ({ who }) => shown(await setup.renew(who)),
    }),
  ];
};
