import { z } from 'zod';
import { CaptureSource } from '../../engine/matching/index.ts';

/** How the pictures were taken. */
export const capture = z.strictObject({ source: CaptureSource }).meta({
  id: 'CaptureSource',
  description: 'How the pictures were taken.',
  examples: [{ source: 'kiosk' as const }],
});
