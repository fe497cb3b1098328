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
        'With it the first owner is made, at `/console/setup`. There is none once the box has an owner.',
      reply: SetupReply,
      handle: async () => shown(await setup.opening()),
    }),
    route({
      ...about,
      method: 'POST',
      url: '/setup-token',
      operationId: 'makeSetupToken',
      summary: 'Make a new setup token',
      description:
        'For 24 hours. The earlier token is refused from then on, and so is the browser that used it.',
      reply: SetupReply,
      refuses: ['SETUP_CLOSED'],
      handle: async ({ who }) => shown(await setup.renew(who)),
    }),
  ];
};
