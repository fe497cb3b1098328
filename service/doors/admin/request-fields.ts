import { z } from 'zod';
import { CaptureSource, checkNames } from '../../engine/matching/index.ts';

/** A query has texts alone. */
export const flag = () => z.enum(['true', 'false']).transform((text) => text === 'true');

/** A change of nothing is refused. */
export const namesSome = (change: object) => Object.values(change).some((value) => value !== undefined);

/** How the pictures were taken. */
export const capture = z.strictObject({ source: CaptureSource }).meta({
  id: 'CaptureSource',
  description: 'How the pictures were taken.',
  examples: [{ source: 'kiosk' as const }],
});

/** Result of one check of a picture. */
export const CheckReply = z
  .strictObject({
    check: z.enum(checkNames).describe('Name of the check'),
    pass: z.boolean().describe('True if it passed or was skipped'),
    score: z.number().min(0).max(1).describe('0..1; 0 when it was skipped'),
    weight: z.number().min(0).describe('Its weight in compositeScore; 0 when it was skipped'),
    skipped: z.string().optional().describe('Reason why it did not run'),
    reason: z.string().optional().describe('Why it failed, or what the person could do better'),
    details: z.record(z.string(), z.unknown()).optional().describe('Figures behind the score'),
  })
  .meta({
    id: 'PictureCheck',
    description: 'Result of one check, with all figures.',
    examples: [{ check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5, reason: 'Face the camera.' }],
  });
