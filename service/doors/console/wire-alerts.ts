import { z } from 'zod';
import { alertMetrics } from '../../engine/alerts/index.ts';
import { emailAddress, lineOfText } from '../../http/text-fields.ts';
import { idOf, pageOf } from './page.ts';
import { changesSomething, NAME_ONE } from './wire.ts';

/** What is read about alerts and their rules. */

export const AlertQuery = z.strictObject({
  open: z
    .enum(['true', 'false'])
    .transform((open) => open === 'true')
    .optional()
    .describe('`true`: only those that nobody has acknowledged; `false`: only the others'),
  ...pageOf('alert'),
});

const channel = {
  webhook: z.boolean().describe('Tell the webhooks that take identity.alert.triggered').optional(),
  desktop: z.boolean().describe('Show a notification on the desktop of the box').optional(),
  email: z.array(emailAddress).max(20).describe('Write to these addresses').optional(),
};
const ruleFields = {
  name: lineOfText(120)
    .meta({ description: 'For people, and in what is sent', examples: ['many failures'] })
    .optional(),
  windowMinutes: z
    .int()
    .min(1)
    .max(1440)
    .describe('Minutes looked back over; for what is measured rather than counted, how long it has to hold')
    .optional(),
  threshold: z
    .number()
    .min(0)
    .max(1e9)
    .describe(
      'Fires at this value or beyond; for `disk-free` (MiB) and `certificate-days` at this value or below',
    )
    .optional(),
  filter: z
    .strictObject({
      key: idOf('key').optional().describe('Only what this API key asked'),
      profile: z.string().min(1).max(80).optional().describe('Only under this profile'),
      subject: idOf('subject').optional().describe('Only about this person'),
    })
    .describe('Only these events are counted; all when empty')
    .optional(),
  holdOffMinutes: z
    .int()
    .min(1)
    .max(43_200)
    .describe('Minutes in which the rule does not fire again about the same')
    .optional(),
};

export const NewAlertRule = z
  .strictObject({
    metric: z.enum(alertMetrics).describe('What is watched'),
    ...ruleFields,
    channels: z
      .strictObject(channel)
      .describe(
        'Who is told, the webhooks unless they are left out; it stands in the list of alerts in any case',
      )
      .optional(),
  })
  .meta({
    id: 'NewAlertRule',
    examples: [
      {
        metric: 'failures-per-person',
        name: 'many failures of one person',
        windowMinutes: 15,
        threshold: 5,
        channels: { webhook: true },
      },
    ],
  });

export const AlertRuleChange = z
  .strictObject({
    ...ruleFields,
    channels: z.strictObject(channel).describe('Who is told; what is not named stays').optional(),
    enabled: z.boolean().describe('Whether it is watched').optional(),
  })
  .refine(changesSomething, NAME_ONE)
  .meta({ id: 'AlertRuleChange', examples: [{ threshold: 10 }] });

export const RuleQuery = z.strictObject(pageOf('rule'));

export type AlertQuery = z.output<typeof AlertQuery>;
export type NewAlertRule = z.output<typeof NewAlertRule>;
export type AlertRuleChange = z.output<typeof AlertRuleChange>;
