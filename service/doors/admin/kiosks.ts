import { z } from 'zod';
import { Kiosk, type Kiosks, type Pairing } from '../../engine/accounts/index.ts';
import type { AdministratorId } from '../../lib/id.ts';
import { inEnv, time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { paramsOf } from './ids.ts';
import { shortListRoute } from './lists.ts';
import { byManagers, byOperators, byReaders, operators } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const NewPairing = z
  .strictObject({ name: lineOfText(60).describe('Name of the kiosk, such as its location') })
  .meta({ id: 'NewPairing', examples: [{ name: 'Lisbon 2' }] });

const examplePairing = {
  id: 'pair_01m7w3hbbec1gf5vj2bmsg7bmh',
  name: 'Lisbon 2',
  env: 'live' as const,
  expiresAt: '2026-11-21T09:05:00.000Z',
};

const PairingReply = z
  .object({
    id: z.string().describe('Id of the pairing'),
    name: Kiosk.shape.name,
    env: Kiosk.shape.env,
    expiresAt: time('Expiry of the code'),
    state: z
      .enum(['waiting', 'claimed'])
      .describe('`claimed`: a device entered the code and waits for confirmation'),
    triesLeft: z.int().optional().describe('Remaining wrong codes while it waits'),
    fingerprint: Kiosk.shape.fingerprint.optional(),
  })
  .meta({
    id: 'Pairing',
    description: 'A device that is being paired.',
    examples: [{ ...examplePairing, state: 'claimed', fingerprint: '7F3A-02BC' }],
  });

const BegunReply = PairingReply.extend({
  code: z.string().describe('Eight characters to type at the kiosk; shown only once'),
}).meta({
  id: 'BegunPairing',
  description: 'A pairing with its code.',
  examples: [{ ...examplePairing, state: 'waiting', triesLeft: 5, code: '7KQ2M9XA' }],
});

const NewPin = z
  .strictObject({ pin: z.string().max(20).describe('6 to 12 digits') })
  .meta({ id: 'NewPin', examples: [{ pin: '480263' }] });

const PinReply = z.strictObject({ set: z.boolean().describe('Whether a PIN is set') }).meta({
  id: 'OperatorPin',
  description: 'Whether the administrator has a PIN for kiosks.',
  examples: [{ set: true }],
});

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
  params: paramsOf('pairing'),
} as const;

const shown = ({ state: { is, ...more }, ...pairing }: Pairing) => ({
  ...inEnv(pairing),
  state: is,
  ...more,
});

/** The own PIN of an administrator. */
const own = {
  ...about,
  within: 'organization',
  may: { operator: false, administrator: operators, key: false },
} as const;
const idOf = (who: { is: string; administrator?: string }) => who.administrator as AdministratorId;

/** Paired devices, from the code on the box's screen to the device that is confirmed, and the PINs of those who unlock them. */
export const kioskRoutes = ({ kiosks }: KioskRouteDeps): AdminRoute[] => [
  shortListRoute({
    ...about,
    within: 'organization',
    url: '/kiosks',
    operationId: 'listKiosks',
    effect: 'none',
    summary: 'List kiosks',
    description: 'The paired devices of the organization, also revoked ones.',
    may: byReaders,
    item: Kiosk,
    items: 'Paired devices, the newest first',
    page: 'Kiosks',
    rows: async ({ organization }) => (await kiosks.list(organization)).map(inEnv),
  }),
  route('POST /kiosks/:id/revoke', {
    ...about,
    within: 'organization',
    operationId: 'revokeKiosk',
    effect: 'none',
    summary: 'Revoke a kiosk',
    description: 'Ends its sessions at once; its key cannot open new ones.',
    may: byManagers,
    params: paramsOf('kiosk'),
    reply: Kiosk,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      inEnv(await kiosks.revoke(organization, id, who)),
  }),
  route('POST /kiosks/:id/unlock', {
    ...about,
    within: 'organization',
    operationId: 'unlockKiosk',
    effect: 'weakens-protection',
    daily: true,
    summary: 'Unlock the PINs of a kiosk',
    description: 'Accepts PINs again at a kiosk that was locked after five wrong ones.',
    may: byOperators,
    params: paramsOf('kiosk'),
    reply: Kiosk,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      inEnv(await kiosks.unlock(organization, id, who)),
  }),
  route('POST /kiosk-pairings', {
    ...about,
    within: 'world',
    operationId: 'beginPairing',
    effect: 'none',
    summary: 'Start pairing a kiosk',
    description:
      'Creates the code to type at the kiosk (`/kiosk/`), valid for five minutes and five tries. The service has to run.',
    may: byManagers,
    body: NewPairing,
    status: 201,
    shownOnce: true,
    reply: BegunReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    async handle({ realm, body: { name }, who }) {
      const { code, ...begun } = await kiosks.beginPairing(realm, name, who);
      return { ...shown(begun), code };
    },
  }),
  route('GET /kiosk-pairings/:id', {
    ...ofPairing,
    operationId: 'getPairing',
    effect: 'none',
    summary: 'Show a pairing',
    description: 'Shows whether a device has entered the code.',
    may: byManagers,
    quiet: true,
    reply: PairingReply,
    refuses: ['NOT_FOUND'],
    handle: ({ organization, params: { id } }) => shown(kiosks.pairing(organization, id)),
  }),
  route('DELETE /kiosk-pairings/:id', {
    ...ofPairing,
    operationId: 'cancelPairing',
    effect: 'none',
    summary: 'Cancel a pairing',
    description: 'Invalidates the code; a device that entered it is refused.',
    may: byManagers,
    refuses: ['NOT_FOUND'],
    handle: ({ organization, params: { id } }) => kiosks.cancelPairing(organization, id),
  }),
  route('POST /kiosk-pairings/:id/confirm', {
    ...ofPairing,
    operationId: 'confirmPairing',
    effect: 'opens-the-box',
    summary: 'Confirm a pairing',
    description: 'The device that entered the code becomes a kiosk. Compare the fingerprints first.',
    may: byManagers,
    reply: Kiosk,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      inEnv(await kiosks.confirmPairing(organization, id, who)),
  }),
  route('GET /operator-pin', {
    ...own,
    operationId: 'getOperatorPin',
    effect: 'none',
    summary: 'Show the state of your PIN',
    description: 'Shows whether the signed-in administrator has a PIN for kiosks.',
    reply: PinReply,
    handle: async ({ who }) => ({ set: await kiosks.hasPin(idOf(who)) }),
  }),
  route('PUT /operator-pin', {
    ...own,
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
  route('DELETE /operator-pin', {
    ...own,
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
