import { z } from 'zod';
import { alertMetrics } from '../../../engine/alerts/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { emailAddress, lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

export const AlertQuery = z.strictObject({
  open: z
    .enum(['true', 'false'])
    .transform((open) => open === 'true')
    .optional()
    .describe('`true`: only alerts that are not acknowledged; `false`: only the others'),
  ...pageQuery(idOf('alert')),
});

export const DesktopQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Maximum number of alerts'),
});

export const RuleQuery = z.strictObject(pageQuery(idOf('rule')));

const channel = {
  webhook: z.boolean().describe('Send to the webhooks that subscribe to identity.alert.triggered').optional(),
  desktop: z.boolean().describe('Show a notification on the desktop of the box').optional(),
  email: z.array(emailAddress).max(20).describe('Mail to these addresses').optional(),
};
const ruleFields = {
  name: lineOfText(120)
    .meta({ description: 'Name, also used in notifications', examples: ['many failures'] })
    .optional(),
  windowMinutes: z
    .int()
    .min(1)
    .max(1440)
    .describe(
      'Length of the window in minutes; for gauges, how long the value has to be beyond the threshold',
    )
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
      key: idOf('key').optional().describe('Only requests of this API key'),
      profile: z.string().min(1).max(80).optional().describe('Only verifications with this profile'),
      subject: idOf('person').optional().describe('Only lines about this person'),
    })
    .describe('Only these events; all when empty')
    .optional(),
  holdOffMinutes: z
    .int()
    .min(1)
    .max(43_200)
    .describe('Minutes before the rule fires again for the same person or key')
    .optional(),
};

export const NewAlertRule = z
  .strictObject({
    metric: z.enum(alertMetrics).describe('Metric'),
    ...ruleFields,
    channels: z
      .strictObject(channel)
      .describe('Channels; webhooks when absent. The list of alerts has every alert in any case')
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
    channels: z.strictObject(channel).describe('Channels; absent ones stay unchanged').optional(),
    enabled: z.boolean().describe('Whether the rule is active').optional(),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'Name at least one field to change.',
  )
  .meta({ id: 'AlertRuleChange', examples: [{ threshold: 10 }] });

const alertFields = {
  id: z.string().describe('Id'),
  rule: z.string().describe('Id of the rule that fired'),
  name: z.string().describe('Its name'),
  metric: z.enum(alertMetrics).describe('Metric of the rule'),
  about: z
    .string()
    .optional()
    .describe(
      'Id of the person or API key, if the rule counts them separately; absent once the person is erased',
    ),
  value: z.number().describe('Measured value'),
  threshold: z.number().describe('Threshold of the rule'),
  firedAt: time('When'),
  acknowledged: z
    .strictObject({ at: time('When'), by: actor })
    .optional()
    .describe('The acknowledgement; absent while the alert is open'),
  notified: z.record(z.string(), z.string()).describe('Result for each channel'),
};
const exampleOfAlert = {
  id: 'alr_01m7w3n8q5h1v7rk0c4t9z2xyd',
  rule: 'rule_01m7w3mf0a7yk4tq2z8d5x1c9r',
  name: 'many failures of one person',
  metric: 'failures-per-person',
  about: 'sub_01m7w3ayykpzv1m774b6g68g31',
  value: 5,
  threshold: 5,
  firedAt: '2026-11-20T12:31:44.020Z',
  notified: { webhook: 'written as the event alert.triggered' },
} as const;

export const AlertReply = z
  .strictObject(alertFields)
  .meta({ id: 'Alert', description: 'An alert raised by a rule.', examples: [exampleOfAlert] });

export const DesktopAlerts = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          ...alertFields,
          organization: z.string().describe('The organization'),
          env: z.enum(['live', 'test']).describe('Its world'),
        }),
      )
      .describe('The newest open alerts, in order of time'),
  })
  .meta({
    id: 'DesktopAlerts',
    description: 'Alerts for the desktop of the box.',
    examples: [
      { items: [{ ...exampleOfAlert, organization: 'org_01m7w2y4m7v3pcd0w8x9q6r5zt', env: 'live' }] },
    ],
  });

const settings = {
  name: z.string().describe('Name for people'),
  metric: z.enum(alertMetrics).describe('Metric'),
  windowMinutes: z.int().describe('Length of the window in minutes'),
  threshold: z.number().describe('Fires at this value or beyond'),
  filter: z
    .strictObject({
      key: z.string().optional().describe('Only requests of this API key'),
      profile: z.string().optional().describe('Only verifications with this profile'),
      subject: z.string().optional().describe('Only lines about this person'),
    })
    .describe('Only these events'),
  holdOffMinutes: z.int().describe('Minutes before the rule fires again for the same person or key'),
  channels: z
    .strictObject({
      webhook: z.boolean().describe('Webhooks that subscribe to identity.alert.triggered'),
      desktop: z.boolean().describe('Desktop notification on the box'),
      email: z.array(z.string()).describe('Mail addresses'),
    })
    .describe('Channels'),
};
const exampleOfSettings = {
  name: 'many failures of one person',
  metric: 'failures-per-person',
  windowMinutes: 15,
  threshold: 5,
  filter: {},
  holdOffMinutes: 60,
  channels: { webhook: true, desktop: false, email: [] },
} as const;

export const AlertRuleReply = z
  .strictObject({
    id: z.string().describe('Id'),
    ...settings,
    enabled: z.boolean().describe('Whether the rule is active'),
    waitsFor: z.string().optional().describe('Missing requirement; the rule does not fire until it is met'),
    createdAt: time('Time of creation'),
    createdBy: actor,
  })
  .meta({
    id: 'AlertRule',
    description: 'An alert rule and its recipients.',
    examples: [
      {
        id: exampleOfAlert.rule,
        ...exampleOfSettings,
        enabled: true,
        createdAt: '2026-11-20T12:00:00.000Z',
        createdBy: 'operator:ada',
      },
    ],
  });

export const RecommendedRules = z
  .strictObject({
    items: z.array(z.strictObject(settings)).describe('The recommended rules'),
  })
  .meta({
    id: 'RecommendedRules',
    description: 'A rule for each metric that has none.',
    examples: [{ items: [exampleOfSettings] }],
  });

/** Goes on after the time of approval and the address. */
export const RecipientQuery = z.strictObject(
  pageQuery(z.strictObject({ approvedAt: z.int(), address: z.string() })),
);

/** The engine says what an address is. */
export const MailAddress = z
  .strictObject({ address: z.string().max(500).describe('An e-mail address') })
  .meta({ id: 'MailAddress', examples: [{ address: 'ops@example.com' }] });

export const RecipientReply = z
  .strictObject({
    address: z.string().describe('The address, in lower case'),
    approvedAt: time('Time of the approval'),
    approvedBy: actor,
  })
  .meta({
    id: 'MailRecipient',
    description: 'An address that alerts may be mailed to.',
    examples: [
      { address: 'ops@example.com', approvedAt: '2026-11-20T11:58:00.000Z', approvedBy: 'operator:ada' },
    ],
  });

export const TestMailReply = z
  .strictObject({
    sent: z.boolean().describe('Whether the mail server accepted it'),
    reason: z.string().optional().describe('Reason why it was not sent'),
  })
  .meta({ id: 'TestMail', description: 'Result of one mail.', examples: [{ sent: true }] });

export const AlertPage = pageReply(AlertReply, 'Alerts, the newest first', 'AlertPage');
export const AlertRulePage = pageReply(AlertRuleReply, 'Rules, the newest first', 'AlertRulePage');
export const RecipientPage = pageReply(RecipientReply, 'Addresses, the newest first', 'MailRecipientPage');

export type NewAlertRule = z.output<typeof NewAlertRule>;
export type AlertRuleChange = z.output<typeof AlertRuleChange>;
export type AlertReply = z.output<typeof AlertReply>;
export type DesktopAlerts = z.output<typeof DesktopAlerts>;
export type AlertRuleReply = z.output<typeof AlertRuleReply>;
export type RecipientReply = z.output<typeof RecipientReply>;
