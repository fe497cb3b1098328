import { z } from 'zod';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { time } from '../reply-fields.ts';

const fingerprint = z.string().describe('Fingerprint of the device key, as shown on the device');
const env = z.enum(['live', 'test']).describe('World of the enrollments');
const name = z.string().describe('Name of the kiosk');

export const NewPairing = z
  .strictObject({ name: lineOfText(60).describe('Name of the kiosk, such as its location') })
  .meta({ id: 'NewPairing', examples: [{ name: 'Lisbon 2' }] });

const pairing = {
  id: z.string().describe('Id of the pairing'),
  name,
  env,
  expiresAt: time('Expiry of the code'),
  state: z
    .enum(['waiting', 'claimed'])
    .describe('`claimed`: a device entered the code and waits for confirmation'),
  triesLeft: z.int().optional().describe('Remaining wrong codes while it waits'),
  fingerprint: fingerprint.optional(),
};
const examplePairing = {
  id: 'pair_01m7w3hbbec1gf5vj2bmsg7bmh',
  name: 'Lisbon 2',
  env: 'live' as const,
  expiresAt: '2026-11-21T09:05:00.000Z',
};

export const PairingReply = z.strictObject(pairing).meta({
  id: 'Pairing',
  description: 'A device that is being paired.',
  examples: [{ ...examplePairing, state: 'claimed', fingerprint: '7F3A-02BC' }],
});

export const BegunReply = z
  .strictObject({
    ...pairing,
    code: z.string().describe('Eight characters to type at the kiosk; shown only once'),
  })
  .meta({
    id: 'BegunPairing',
    description: 'A pairing with its code.',
    examples: [{ ...examplePairing, state: 'waiting', triesLeft: 5, code: '7KQ2M9XA' }],
  });

export const KioskReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name,
    env,
    fingerprint,
    pairedAt: time('Time of the confirmation'),
    lastSeenAt: time('Time of its last session').optional(),
    revokedAt: time('Time of the revocation').optional(),
    pinLocked: z.boolean().describe('After five wrong PINs: no PIN is accepted until the kiosk is unlocked'),
  })
  .meta({
    id: 'Kiosk',
    description: 'A paired device.',
    examples: [
      {
        id: 'ksk_01m7w3hbbec1gf5vj2bmsg7bmh',
        name: 'Lisbon 2',
        env: 'live',
        fingerprint: '7F3A-02BC',
        pairedAt: '2026-11-21T09:04:00.000Z',
        pinLocked: false,
      },
    ],
  });

export const KiosksQuery = z.strictObject(shortListQuery);
export const KiosksReply = pageReply(KioskReply, 'Paired devices, the newest first', 'Kiosks');

export const NewPin = z
  .strictObject({ pin: z.string().max(20).describe('6 to 12 digits') })
  .meta({ id: 'NewPin', examples: [{ pin: '480263' }] });

export const PinReply = z.strictObject({ set: z.boolean().describe('Whether a PIN is set') }).meta({
  id: 'OperatorPin',
  description: 'Whether the administrator has a PIN for kiosks.',
  examples: [{ set: true }],
});

export type KioskReply = z.output<typeof KioskReply>;
export type PairingReply = z.output<typeof PairingReply>;
