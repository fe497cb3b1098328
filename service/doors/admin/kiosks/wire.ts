import { z } from 'zod';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { time } from '../reply-fields.ts';

const fingerprint = z.string().describe('Of the key of the device, which shows the same');
const env = z.enum(['live', 'test']).describe('World that people are enrolled in');
const name = z.string().describe('What the kiosk is called');

export const NewPairing = z
  .strictObject({ name: lineOfText(60).describe('What the kiosk is called: its place') })
  .meta({ id: 'NewPairing', examples: [{ name: 'Lisbon 2' }] });

const pairing = {
  id: z.string().describe('Id of the pairing'),
  name,
  env,
  expiresAt: time('When the code is over'),
  state: z
    .enum(['waiting', 'claimed'])
    .describe('`claimed`: a device gave the code and waits to be confirmed'),
  triesLeft: z.int().optional().describe('Wrong codes until it is over; while it waits'),
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
    code: z.string().describe('Eight characters to type at the kiosk; shown this once'),
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
    pairedAt: time('When it was confirmed'),
    lastSeenAt: time('When it last opened a session').optional(),
    revokedAt: time('Since when it may do nothing').optional(),
    pinLocked: z.boolean().describe('Five wrong PINs: none is taken until the kiosk is unlocked'),
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

export const PinReply = z.strictObject({ set: z.boolean().describe('Whether there is one') }).meta({
  id: 'OperatorPin',
  description: 'Whether the administrator has a PIN for kiosks.',
  examples: [{ set: true }],
});

export type KioskReply = z.output<typeof KioskReply>;
export type PairingReply = z.output<typeof PairingReply>;
