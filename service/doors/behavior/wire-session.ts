import { z } from 'zod';
import { SessionData } from '../../engine/behavior/index.ts';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';
import { userId } from './wire-verify.ts';

/** behavior.txt, "Heartbeat". */

export const HeartbeatRequest = z
  .object({
    userId: userId.describe('The same as in the verification. Not stored, only compared under a keyed hash.'),
    sessionToken: z
      .string()
      .min(1)
      .max(128)
      .describe('The token of `POST /api/v1/verify`, or of a passed challenge'),
    sessionData: SessionData.describe('Signals of the window since the last heartbeat').optional(),
    signals: SessionData.describe('Another name of `sessionData`').optional(),
    metadata: OwnMetadata.optional(),
  })
  .meta({
    id: 'HumaHeartbeat',
    examples: [{ userId: 'user_abc123', sessionToken: 'h_verified_Kd3mP8luYMC2Mi1xQ9vBnT' }],
  });
export type HeartbeatRequest = z.output<typeof HeartbeatRequest>;

export const HeartbeatReply = z
  .strictObject({
    score: z
      .number()
      .min(0)
      .max(100)
      .describe('Score of the session: windows count by their evidence, so a window without input keeps it'),
    confidence: z.number().min(0).max(1).describe('The same from 0 to 1'),
    baseline: z.number().min(0).max(100).describe('Score of the verification that gave the token'),
    delta: z.number().min(-100).max(100).describe('`score` − `baseline`; negative: degraded'),
    anomaly: z.boolean().describe('The drop is over 28 points, or the score under 30'),
    action: z
      .enum(['allow', 'flag', 'block'])
      .describe('`block`: a hard rule, or a score under 30; `flag`: any other anomaly'),
    notes: z
      .array(z.string())
      .describe(
        'Labels that explain the score. `session_drop`: under the session’s own level; `synthetic_session`: several windows together move like a program; `changed_rhythm`: typed by another person, it seems',
      ),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'HumaHeartbeatResult',
    description: 'State of the session.',
    examples: [
      {
        score: 84,
        confidence: 0.84,
        baseline: 92,
        delta: -8,
        anomaly: false,
        action: 'allow' as const,
        notes: ['organic_mouse'],
      },
    ],
  });
export type HeartbeatReply = z.output<typeof HeartbeatReply>;
