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
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Most alerts of the reply'),
});

export const RuleQuery = z.strictObject(pageQuery(idOf('rule')));

const channel = {
  webhook: z.boolean().describe('Send to the webhooks that take identity.alert.triggered').optional(),
  desktop: z.boolean().describe('Show a notification on the desktop of the box').optional(),
  email: z.array(emailAddress).max(20).describe('Mail to these addresses').optional(),
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
      subject: idOf('person').optional().describe('Only about this person'),
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
        'Where alerts go, the webhooks unless they are left out; the list of alerts has them in any case',
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
    channels: z.strictObject(channel).describe('Where alerts go; what is not named stays').optional(),
    enabled: z.boolean().describe('Whether it is watched').optional(),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'Name at least one field to change.',
  )
  .meta({ id: 'AlertRuleChange', examples: [{ threshold: 10 }] });

const alertFields = {
  id: z.string().describe('Id'),
  rule: z.string().describe('The rule that fired'),
  name: z.string().describe('Its name'),
  metric: z.enum(alertMetrics).describe('What it watches'),
  about: z
    .string()
    .optional()
    .describe(
      'The id of the person or API key, where the rule counts each apart; absent once the person is erased',
    ),
  value: z.number().describe('What was measured'),
  threshold: z.number().describe('What the rule allowed'),
  firedAt: time('When'),
  acknowledged: z
    .strictObject({ at: time('When'), by: actor })
    .optional()
    .describe('Absent while the alert is open'),
  notified: z.record(z.string(), z.string()).describe('What became of each channel'),
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
  .meta({ id: 'Alert', description: 'What a rule found.', examples: [exampleOfAlert] });

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
      .describe('The newest open alerts, the oldest of them first'),
  })
  .meta({
    id: 'DesktopAlerts',
    description: 'What the desktop of the box shows.',
    examples: [
      { items: [{ ...exampleOfAlert, organization: 'org_01m7w2y4m7v3pcd0w8x9q6r5zt', env: 'live' }] },
    ],
  });

const settings = {
  name: z.string().describe('For people'),
  metric: z.enum(alertMetrics).describe('What is watched'),
  windowMinutes: z.int().describe('Minutes looked back over'),
  threshold: z.number().describe('Fires at this value or beyond'),
  filter: z
    .strictObject({
      key: z.string().optional().describe('Only what this API key asked'),
      profile: z.string().optional().describe('Only under this profile'),
      subject: z.string().optional().describe('Only about this person'),
    })
    .describe('Only these events are counted'),
  holdOffMinutes: z.int().describe('Minutes in which it does not fire again about the same'),
  channels: z
    .strictObject({
      webhook: z.boolean().describe('The webhooks that take identity.alert.triggered'),
      desktop: z.boolean().describe('The desktop of the box'),
      email: z.array(z.string()).describe('These addresses'),
    })
    .describe('Where alerts go'),
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
    enabled: z.boolean().describe('Whether it is watched'),
    waitsFor: z
      .string()
      .optional()
      .describe('What it needs and does not have yet: until then it never fires'),
    createdAt: time('When it was made'),
    createdBy: actor,
  })
  .meta({
    id: 'AlertRule',
    description: 'What is watched, and where alerts go.',
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
    items: z.array(z.strictObject(settings)).describe('Rules as they would be added'),
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
    approvedAt: time('When it was approved'),
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
    sent: z.boolean().describe('Whether the mail server took it'),
    reason: z.string().optional().describe('Why it was not sent'),
  })
  .meta({ id: 'TestMail', description: 'What became of one mail.', examples: [{ sent: true }] });

export const AlertPage = pageReply(AlertReply, 'Alerts, the newest first', 'AlertPage');
export const AlertRulePage = pageReply(AlertRuleReply, 'Rules, the newest first', 'AlertRulePage');
export const RecipientPage = pageReply(RecipientReply, 'Addresses, the newest first', 'MailRecipientPage');

export type NewAlertRule = z.output<typeof NewAlertRule>;
export type AlertRuleChange = z.output<typeof AlertRuleChange>;
export type AlertReply = z.output<typeof AlertReply>;
export type DesktopAlerts = z.output<typeof DesktopAlerts>;
export type AlertRuleReply = z.output<typeof AlertRuleReply>;
export type RecipientReply = z.output<typeof RecipientReply>;
