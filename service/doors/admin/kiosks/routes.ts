import type { Kiosk, Kiosks, Pairing } from '../../../engine/kiosks/index.ts';
import { pageOfShort } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { AdministratorId } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import { paramsOf } from '../ids.ts';
import { managers, operators, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import {
  BegunReply,
  KioskReply,
  KiosksQuery,
  KiosksReply,
  NewPairing,
  NewPin,
  PairingReply,
  PinReply,
} from './wire.ts';

export interface KioskRouteDeps {
  kiosks: Pick<
    Kiosks,
    | 'list'
    | 'revoke'
    | 'unlock'
    | 'beginPairing'
    | 'pairing'
    | 'confirmPairing'
    | 'cancelPairing'
    | 'setPin'
    | 'hasPin'
  >;
}

const about = {
  tag: 'kiosks',
  keyRefusal: 'No API key may pair or revoke kiosks: on the box run "gatehouse kiosk".',
} as const;
const ofPairing = {
  ...about,
  within: 'organization',
  url: '/kiosk-pairings/:id',
  params: paramsOf('pairing'),
} as const;
const changing = { operator: true, administrator: managers, key: false } as const;

export const kioskRoutes = (deps: KioskRouteDeps): AdminRoute[] => [
  ...deviceRoutes(deps),
  ...pairingRoutes(deps),
  ...pinRoutes(deps),
];

function fromKiosk({ id, name, world, fingerprint, pinLocked, ...kiosk }: Kiosk): KioskReply {
  const { lastSeenAt, revokedAt } = kiosk;
  return {
    id,
    name,
    env: world,
    fingerprint,
    pinLocked,
    pairedAt: time(kiosk.pairedAt),
    ...defined({ lastSeenAt: time(lastSeenAt), revokedAt: time(revokedAt) }),
  };
}

function fromPairing({ id, name, world, expiresAt, state }: Pairing): PairingReply {
  const { is, ...more } = state;
  return { id, name, env: world, expiresAt: time(expiresAt), state: is, ...more };
}

/** Paired devices. */
const deviceRoutes = ({ kiosks }: KioskRouteDeps): AdminRoute[] => [
  route({
    ...about,
    within: 'organization',
    method: 'GET',
    url: '/kiosks',
    operationId: 'listKiosks',
    effect: 'none',
    summary: 'List kiosks',
    description: 'The paired devices of the organization, also revoked ones.',
    may: { operator: true, administrator: readers, key: false },
    query: KiosksQuery,
    reply: KiosksReply,
    handle: async ({ organization, query }) =>
      pageOfShort((await kiosks.list(organization)).map(fromKiosk), query, ({ id }) => id),
  }),
  route({
    ...about,
    within: 'organization',
    method: 'POST',
    url: '/kiosks/:id/revoke',
    operationId: 'revokeKiosk',
    effect: 'none',
    summary: 'Revoke a kiosk',
    description: 'Ends its sessions at once; its key cannot open new ones.',
    may: changing,
    params: paramsOf('kiosk'),
    reply: KioskReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      fromKiosk(await kiosks.revoke(organization, id, who)),
  }),
  route({
    ...about,
    within: 'organization',
    method: 'POST',
    url: '/kiosks/:id/unlock',
    operationId: 'unlockKiosk',
    effect: 'weakens-protection',
    daily: true,
    summary: 'Unlock the PINs of a kiosk',
    description: 'Accepts PINs again at a kiosk that was locked after five wrong ones.',
    may: { operator: true, administrator: operators, key: false },
    params: paramsOf('kiosk'),
    reply: KioskReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      fromKiosk(await kiosks.unlock(organization, id, who)),
  }),
];

/** From the code on the box's screen to the device that is confirmed. */
const pairingRoutes = ({ kiosks }: KioskRouteDeps): AdminRoute[] => [
  route({
    ...about,
    within: 'world',
    method: 'POST',
    url: '/kiosk-pairings',
    operationId: 'beginPairing',
    effect: 'none',
    summary: 'Start pairing a kiosk',
    description:
      'Creates the code to type at the kiosk (`/kiosk/`), valid for five minutes and five tries. The service has to run.',
    may: changing,
    body: NewPairing,
    status: 201,
    shownOnce: true,
    reply: BegunReply,
    refuses: ['STORAGE_FULL'],
    async handle({ realm, body: { name }, who }) {
      const { code, ...begun } = await kiosks.beginPairing(realm, name, who);
      return { ...fromPairing(begun), code };
    },
  }),
  route({
    ...ofPairing,
    method: 'GET',
    operationId: 'getPairing',
    effect: 'none',
    summary: 'Show a pairing',
    description: 'Shows whether a device has entered the code.',
    may: changing,
    quiet: true,
    reply: PairingReply,
    refuses: ['NOT_FOUND'],
    handle: ({ organization, params: { id } }) => fromPairing(kiosks.pairing(organization, id)),
  }),
  route({
    ...ofPairing,
    method: 'DELETE',
    operationId: 'cancelPairing',
    effect: 'none',
    summary: 'Cancel a pairing',
    description: 'Invalidates the code; a device that entered it is refused.',
    may: changing,
    refuses: ['NOT_FOUND'],
    handle: ({ organization, params: { id } }) => kiosks.cancelPairing(organization, id),
  }),
  route({
    ...ofPairing,
    method: 'POST',
    url: '/kiosk-pairings/:id/confirm',
    operationId: 'confirmPairing',
    effect: 'opens-the-box',
    summary: 'Confirm a pairing',
    description: 'The device that entered the code becomes a kiosk. Compare the fingerprints first.',
    may: changing,
    reply: KioskReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      fromKiosk(await kiosks.confirmPairing(organization, id, who)),
  }),
];

/** The own PIN of an administrator. */
const pinRoutes = ({ kiosks }: KioskRouteDeps): AdminRoute[] => {
  const own = {
    ...about,
    within: 'organization',
    url: '/operator-pin',
    may: { operator: false, administrator: operators, key: false },
  } as const;
  const idOf = (who: { is: string; administrator?: string }) => who.administrator as AdministratorId;
  return [
    route({
      ...own,
      method: 'GET',
      operationId: 'getOperatorPin',
      effect: 'none',
      summary: 'Show the state of your PIN',
      description: 'Shows whether the signed-in administrator has a PIN for kiosks.',
      reply: PinReply,
      handle: async ({ who }) => ({ set: await kiosks.hasPin(idOf(who)) }),
    }),
    route({
      ...own,
      method: 'PUT',
      may: own.may,
      operationId: 'setOperatorPin',
      effect: 'weakens-protection',
      daily: true,
      summary: 'Set your PIN',
      description:
        'The administrator uses it to sign in at a kiosk and to leave it. Kiosk sessions opened with the former PIN end.',
      body: NewPin,
      reply: PinReply,
      refuses: ['PASSWORD_TOO_WEAK', 'STORAGE_FULL'],
      async handle({ who, organization, body: { pin } }) {
        await kiosks.setPin(idOf(who), organization, pin);
        return { set: true };
      },
    }),
    route({
      ...own,
      method: 'DELETE',
      may: own.may,
      operationId: 'removeOperatorPin',
      effect: 'weakens-protection',
      daily: true,
      summary: 'Remove your PIN',
      description:
        'The administrator can no longer sign in at a kiosk; kiosk sessions opened with the PIN end.',
      refuses: ['STORAGE_FULL'],
      handle: ({ who, organization }) => kiosks.setPin(idOf(who), organization, undefined),
    }),
  ];
};
