import { z } from 'zod';

/** Screens of the console on which a problem can be fixed. */
const screens = [
  'alerts',
  'approvals',
  'backups',
  'jobs',
  'models',
  'people',
  'profiles',
  'review',
  'sessions',
  'settings',
  'setup',
  'verifications',
] as const;

const urgencies = ['now', 'soon', 'note'] as const;

/** Something that a person should look at. */
export const Attention = z
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
export type Attention = z.output<typeof Attention>;

/** The most urgent first; those of one urgency stay in their order. */
export const inOrder = (list: readonly Attention[]): Attention[] =>
  list.toSorted((a, b) => urgencies.indexOf(a.urgency) - urgencies.indexOf(b.urgency));
