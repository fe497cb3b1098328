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
    sentence: z.string().describe('The problem'),
    remedy: z.string().describe('The remedy'),
    screen: z.enum(screens).optional().describe('Screen of the console; absent if only a command can fix it'),
  })
  .meta({
    id: 'Attention',
    description: 'An item that needs attention.',
    examples: [
      {
        code: 'CERTIFICATE_ENDS',
        urgency: 'soon',
        sentence: 'The TLS certificate ends in 21 days.',
        remedy: 'Renew it, and put the new files where the old ones are; no restart is needed.',
        screen: 'settings',
      },
    ],
  });
