import { z } from 'zod';
import { tokenFaults } from '../../engine/accounts/index.ts';

const kind = z.enum(['presence', 'pass', 'behavior']);
const faults = [...tokenFaults, 'unknown', 'wrong_user'] as const;
const moment = (what: string) => z.iso.datetime().describe(what);

export const TokenQuestion = z
  .strictObject({
    token: z
      .string()
      .min(1)
      .max(16_384)
      .describe('A pass (`hp_…`), a presence token, or a token of behavior (`h_…`)'),
    kind: kind.optional().describe('Which of them it has to be'),
    userId: z
      .string()
      .max(256)
      .optional()
      .describe('Your id of the user that a token of behavior has to be for'),
    nonce: z.string().max(512).optional().describe('The nonce that a presence token has to carry'),
  })
  .meta({ id: 'TokenQuestion', examples: [{ token: 'hp_eyJhbGciOiJFZERTQSIs…', kind: 'pass' }] });
export type TokenQuestion = z.output<typeof TokenQuestion>;

export const TokenAnswer = z
  .strictObject({
    valid: z.boolean().describe('Whether it counts now, for the organization and world of the key'),
    reason: z
      .enum(faults)
      .optional()
      .describe(
        'Why it does not. `revoked`: the person was erased since, or the session is not kept any more. `unknown`: a token of behavior that was never issued here, or that has run out. `wrong_user`: it is of another user',
      ),
    kind: kind.optional().describe('Kind of token'),
    claims: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'What the token says; absent unless it is valid. Of behavior: `by` (`verify` or `challenge`), `human`, `confidence`, `score`, and `accessible` for a challenge in its form in words, which a program can ask for too',
      ),
    issuedAt: moment('Time when it was issued').optional(),
    expiresAt: moment('Time when it runs out').optional(),
  })
  .meta({
    id: 'TokenAnswer',
    description: 'Whether a token counts, and what it says.',
    examples: [
      {
        valid: true,
        kind: 'pass',
        claims: {
          iss: 'apl_01m7w3hb8hbf355he5zqwjztdk',
          aud: 'org_01m7w3hb8hbf355he5zqwjztdk',
          sub: 'sess_01m7w3hb8hbf355he5zqwjztdk',
          sessionId: 'sess_01m7w3hb8hbf355he5zqwjztdk',
          decision: 'approved',
          assurance: 'active',
          profile: 'specter',
        },
        issuedAt: '2026-11-21T12:00:00.000Z',
        expiresAt: '2026-11-21T13:00:00.000Z',
      },
      {
        valid: true,
        kind: 'behavior',
        claims: { by: 'verify', human: true, confidence: 0.92, score: 92 },
        issuedAt: '2026-11-21T12:00:00.000Z',
        expiresAt: '2026-11-22T12:00:00.000Z',
      },
      { valid: false, reason: 'expired' },
    ],
  });
export type TokenAnswer = z.output<typeof TokenAnswer>;

const Jwk = z.strictObject({
  kty: z.literal('OKP').describe('Key type'),
  crv: z.literal('Ed25519').describe('Curve'),
  x: z.string().describe('Public key, base64url'),
  kid: z.string().describe('Id, as in the header of a token'),
  use: z.literal('sig').describe('Use'),
  alg: z.literal('EdDSA').describe('Algorithm'),
});

export const JwksReply = z.strictObject({ keys: z.array(Jwk).describe('Keys whose tokens count now') }).meta({
  id: 'JsonWebKeySet',
  description: 'Public keys (RFC 7517) of pass tokens and presence tokens.',
  examples: [
    {
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
          kid: '5f1c0a9b2d3e4f60',
          use: 'sig',
          alg: 'EdDSA',
        },
      ],
    },
  ],
});
