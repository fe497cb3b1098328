import { z } from 'zod';
import { screens, urgencies } from '../../engine/overview/index.ts';

/** Something that a person should look at. */
export const AttentionReply = z
  .strictObject({
    code: z.string().describe('Stable code'),
    urgency: z
      .enum(urgencies)
      .describe(
        '`now`: something does not work, or people are refused; `soon`: that is about to happen; `note`: for information',
      ),
    sentence: z.string().describe('What there is'),
    remedy: z.string().describe('What to do'),
    values: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .describe('Names and numbers of the sentence, for another language'),
    screen: z.enum(screens).optional().describe('Where in the console; absent where only the box can do it'),
  })
  .meta({
    id: 'Attention',
    description: 'An item that needs attention.',
    examples: [
      {
        code: 'CERTIFICATE_ENDS',
        urgency: 'soon',
        sentence: 'The TLS certificate ends in 21 days.',
        values: { days: 21 },
        remedy: 'Renew it, and put the new files where the old ones are; no restart is needed.',
        screen: 'settings',
      },
    ],
  });
