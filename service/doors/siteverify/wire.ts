import { z } from 'zod';

const text = (what: string) => z.string().optional().describe(what);

export const Question = z
  .object({
    secret: text('An API key with the scope `behavior`, of the same organization and world; no browser key'),
    response: text('The token that the form posted'),
    remoteip: text('Address of the visitor. Taken and not used'),
  })
  .meta({
    id: 'SiteverifyQuestion',
    examples: [{ secret: 'gh_live_…', response: 'h_verified_Kd3mP8luYMC2Mi1xT0ab9Z' }],
  });
export type Question = z.output<typeof Question>;

const errorCodes = [
  'missing-input-secret',
  'invalid-input-secret',
  'missing-input-response',
  'invalid-input-response',
  'bad-request',
  'timeout-or-duplicate',
  'internal-error',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export const Answer = z
  .object({
    success: z.boolean().describe('Whether the form may pass'),
    challenge_ts: z.iso.datetime().optional().describe('When the token was given'),
    hostname: z.string().optional().describe('Host of the page that was given the token; absent: unknown'),
    action: z.string().optional().describe('What the page named; absent: nothing'),
    score: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        '0 to 1, higher is more human. With the paths of reCAPTCHA alone: for hCaptcha a score is a risk',
      ),
    'error-codes': z.array(z.enum(errorCodes)).optional().describe('Why not'),
    error: z.string().optional().describe('Of a refusal: a sentence'),
    code: z.string().optional().describe('Of a refusal: the error code'),
    requestId: z.string().optional().describe('Of a refusal: as in the log'),
    doc_url: z.string().optional().describe('Of a refusal: page with cause and remedy'),
    details: z.array(z.unknown()).optional().describe('Of a refusal: each wrong field'),
  })
  .meta({
    id: 'SiteverifyAnswer',
    description:
      'As the service answers whose path was asked. A refusal of the key or of the body also has `error`, `code` and `requestId`, for the log.',
    examples: [
      {
        success: true,
        challenge_ts: '2026-11-27T12:00:00.000Z',
        hostname: 'shop.example',
        action: 'login',
        score: 0.92,
      },
      { success: false, 'error-codes': ['timeout-or-duplicate'] },
    ],
  });
export type Answer = z.output<typeof Answer>;
