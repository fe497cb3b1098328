import { z } from 'zod';
import { type Check, type PictureInputs, rule } from '../../../service/engine/matching/checks/check.ts';

const Headroom = z.strictObject({
  least: z.number().min(0).max(10).describe('Face widths of margin that score 1.'),
});

/** A made-up check, whole: what a developer who adds one writes in `service/engine/matching/checks`. */
export const headroomCheck = {
  name: 'headroom',
  defaultRule: rule(2, 0.5),
  sentence: 'Leave more room around your head.',
  settings: { headroom: Headroom.optional() },
  run: ({ main }: PictureInputs, { headroom }: { headroom?: z.infer<typeof Headroom> | undefined }) => {
    const margin = main.face?.quality.margin ?? 0;
    const score = margin / (headroom?.least ?? 0.25);
    return { score, reason: 'There is too little room around your head.', details: { margin } };
  },
} as const satisfies Check;
