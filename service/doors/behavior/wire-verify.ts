import { z } from 'zod';
import { SessionData } from '../../engine/behavior/index.ts';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';

export const userId = z
  .string()
  .min(1)
  .max(256)
  .describe(
    'Your internal user identifier. Not stored: a keyed hash of it is kept until the token expires, and an event that waits for its delivery carries it sealed.',
  )
  .meta({ examples: ['user_abc123'] });

/** As the fields of forms that name an action are: reCAPTCHA and Turnstile take no more. */
export const action = z
  .string()
  .regex(/^[A-Za-z0-9_/-]{1,100}$/, 'It must be 1 to 100 letters, digits, "_", "-" and "/".')
  .describe(
    'What the page is about, in your own word. `POST /siteverify` gives it back to your server. 1 to 100 letters, digits, `_`, `-` and `/`',
  )
  .meta({ examples: ['login'] });

export const VerifyRequest = z
  .object({
    userId,
    sessionData: SessionData.optional().describe('Behavioral signals, as the snippet collects them'),
    signals: SessionData.optional().describe('Another name of `sessionData`'),
    action: action.optional(),
    metadata: OwnMetadata.optional(),
  })
  .meta({ id: 'HumaVerifyRequest', examples: [{ userId: 'user_abc123' }] });
export type VerifyRequest = z.output<typeof VerifyRequest>;

const Agent = z
  .strictObject({
    is_agent: z.boolean().describe('Whether a program drives the browser'),
    agent_confidence: z.number().min(0).max(1).describe('How sure that is'),
    signals: z
      .array(z.string())
      .describe('What shows it. `declared` and `agent:<name>`: the agent signed the request'),
  })
  .meta({
    id: 'HumaAgent',
    description: 'AI-agent detection, parallel to the human score. Absent without behavioral signals.',
  });

export const VerifyReply = z
  .strictObject({
    human: z.boolean().describe('True if the user is likely human (`confidence` at least 0.5)'),
    confidence: z.number().min(0).max(1).describe('0 to 1. Higher: more human-like behavior'),
    token: z
      .string()
      .describe(
        'Unique verification token, `h_verified_…`. Your server checks it: `POST /api/v1/tokens/verify`',
      ),
    pii_stored: z.literal(false).describe('Always false: no personal information is stored'),
    agent: Agent.optional(),
    score: z.int().min(0).max(100).describe('`confidence` in hundredths'),
    notes: z
      .array(z.string())
      .describe('Labels that explain the score. `insufficient_data`: there was too little to judge'),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'HumaVerifyReply',
    description:
      'Whether the user is likely human. Experimental and advisory: never use it alone to deny or to grant; pair it with a face or passkey check.',
    examples: [
      {
        human: true,
        confidence: 0.92,
        token: 'h_verified_Kd3mP8luYMC2Mi1xT0ab9Z',
        pii_stored: false,
        agent: { is_agent: false, agent_confidence: 0, signals: [] },
        score: 92,
        notes: ['organic_mouse'],
      },
    ],
  });
export type VerifyReply = z.output<typeof VerifyReply>;
