import { z } from 'zod';
import {
  Alert,
  AlertDefinition,
  AlertRule,
  type Alerts,
  alertMetrics,
  exampleOfAlert,
  exampleOfDefinition,
  Recipient,
} from '../../engine/appliance/index.ts';
import { env, inEnv } from '../../lib/record-fields.ts';
import { emailAddress, lineOfText } from '../../lib/text-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders, managers, ofAppliance, operators, readers } from './may-call.ts';
import { flag, namesSome } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const DesktopQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Maximum number of alerts'),
});

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

const NewAlertRule = z
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

const AlertRuleChange = z
  .strictObject({
    ...ruleFields,
    channels: z.strictObject(channel).describe('Channels; absent ones stay unchanged').optional(),
    enabled: z.boolean().describe('Whether the rule is active').optional(),
  })
  .refine(namesSome, 'Name at least one field to change.')
  .meta({ id: 'AlertRuleChange', examples: [{ threshold: 10 }] });

const DesktopAlerts = z
  .strictObject({
    items: z
      .array(
        z.object({
          ...Alert.shape,
          organization: z.string().describe('The organization'),
          env: env('Its world'),
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

const RecommendedRules = z
  .strictObject({
    items: z.array(AlertDefinition).describe('The recommended rules'),
  })
  .meta({
    id: 'RecommendedRules',
    description: 'A rule for each metric that has none.',
    examples: [{ items: [exampleOfDefinition] }],
  });

/** The engine says what an address is. */
const MailAddress = z
  .strictObject({ address: z.string().max(500).describe('An e-mail address') })
  .meta({ id: 'MailAddress', examples: [{ address: 'ops@example.com' }] });

const TestMailReply = z
  .strictObject({
    sent: z.boolean().describe('Whether the mail server accepted it'),
    reason: z.string().optional().describe('Reason why it was not sent'),
  })
  .meta({ id: 'TestMail', description: 'Result of one mail.', examples: [{ sent: true }] });

const about = { tag: 'alerts', within: 'world' } as const;
const looking = { operator: true, administrator: readers, key: 'admin' } as const;
const changing = { operator: true, administrator: managers, key: 'admin' } as const;
const mailing = ['RECIPIENT_NOT_APPROVED', 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'] as const;

const approving = {
  tag: 'alerts',
  within: 'organization',
  keyRefusal:
    'No API key may see, approve or mail to addresses: an operator approves each recipient with "gatehouse alert recipient approve".',
} as const;

/** What rules watch, what they found, and which addresses it may be mailed to. */
export const alertRoutes = ({ alerts }: { alerts: Alerts }): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/alerts',
    operationId: 'listAlerts',
    effect: 'none',
    summary: 'List alerts',
    description: 'Alerts with the result of each notification.',
    may: looking,
    item: Alert,
    items: 'Alerts, the newest first',
    page: 'AlertPage',
    filter: {
      open: flag()
        .optional()
        .describe('`true`: only alerts that are not acknowledged; `false`: only the others'),
    },
    key: idOf('alert'),
    rows: ({ realm }, part) => alerts.list(realm, part),
  }),
  route('POST /alerts/:id/acknowledge', {
    ...about,
    operationId: 'acknowledgeAlert',
    effect: 'none',
    summary: 'Acknowledge an alert',
    description:
      'Marks the alert as seen by a person. A repeated call changes nothing: the first acknowledgement stays.',
    may: { operator: true, administrator: operators, key: 'admin' },
    params: paramsOf('alert'),
    reply: Alert,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, who }) => alerts.acknowledge(realm, id, who),
  }),
  route('GET /alerts/desktop', {
    tag: 'alerts',
    within: 'appliance',
    operationId: 'listDesktopAlerts',
    effect: 'none',
    summary: 'List the alerts for the desktop',
    description:
      'Open alerts of all organizations and worlds whose rule has the channel `desktop`. The desktop app polls this every few seconds.',
    may: ofAppliance,
    query: DesktopQuery,
    reply: DesktopAlerts,
    quiet: true,
    handle: async ({ query: { limit } }) => ({
      items: (await alerts.forDesktop(limit)).map(inEnv),
    }),
  }),
  listRoute({
    ...about,
    url: '/alert-rules',
    operationId: 'listAlertRules',
    effect: 'reads-personal',
    summary: 'List alert rules',
    description: 'The rules of the organization in one world, with the addresses that they mail to.',
    may: looking,
    item: AlertRule,
    items: 'Rules, the newest first',
    page: 'AlertRulePage',
    key: idOf('rule'),
    rows: ({ realm }, part) => alerts.pageRules(realm, part),
  }),
  route('GET /alert-rules/recommended', {
    ...about,
    operationId: 'listRecommendedAlertRules',
    effect: 'none',
    summary: 'List the recommended alert rules',
    description: 'A rule for each metric that has none and is available on this box. Nothing is added.',
    may: byReaders,
    keyRefusal: 'No API key may list recommended rules: a new rule takes what is recommended for its metric.',
    reply: RecommendedRules,
    handle: async ({ realm }) => ({ items: await alerts.recommended(realm) }),
  }),
  route('POST /alert-rules', {
    ...about,
    operationId: 'createAlertRule',
    effect: 'none',
    summary: 'Create an alert rule',
    description:
      'The rule is active at once. Absent fields take the recommended values of the metric. `waitsFor` lists what it still needs, such as a model. A rule with mail needs a grant for the mail server, and recipients that an operator approved.',
    may: changing,
    body: NewAlertRule,
    status: 201,
    reply: AlertRule,
    refuses: ['CONFLICT', ...mailing, 'STORAGE_FULL'],
    handle: ({ realm, body, who }) => alerts.addRule(realm, body, who),
  }),
  route('PATCH /alert-rules/:id', {
    ...about,
    operationId: 'changeAlertRule',
    effect: 'weakens-protection',
    summary: 'Change an alert rule',
    description:
      'Changes the fields that are sent; `filter` is replaced as a whole. The metric cannot be changed: create another rule. `enabled: false` stops the rule without removing it.',
    may: changing,
    params: paramsOf('rule'),
    body: AlertRuleChange,
    reply: AlertRule,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL', ...mailing],
    handle: ({ realm, params: { id }, body, who }) => alerts.changeRule(realm, id, body, who),
  }),
  route('DELETE /alert-rules/:id', {
    ...about,
    operationId: 'removeAlertRule',
    effect: 'weakens-protection',
    summary: 'Remove an alert rule',
    description: 'The rule is removed; its alerts stay.',
    may: changing,
    params: paramsOf('rule'),
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, who }) => alerts.removeRule(realm, id, who),
  }),
  listRoute({
    ...approving,
    url: '/mail-recipients',
    operationId: 'listMailRecipients',
    effect: 'reads-personal',
    summary: 'List mail recipients',
    description: 'Addresses that alerts of the organization may be mailed to, in both worlds.',
    may: byReaders,
    item: Recipient,
    items: 'Addresses, the newest first',
    page: 'MailRecipientPage',
    key: z.strictObject({ approvedAt: z.int(), address: z.string() }),
    keyOf: ({ approvedAt, address }) => ({ approvedAt, address }),
    rows: ({ organization }, { before: after, limit }) =>
      alerts.pageRecipients(organization, { after, limit }),
  }),
  route('POST /mail-recipients', {
    ...approving,
    operationId: 'approveMailRecipient',
    effect: 'opens-the-box',
    summary: 'Approve a mail recipient',
    description: 'Alerts may be mailed to this address, also by rules that an API key creates.',
    may: byManagers,
    body: MailAddress,
    status: 201,
    reply: Recipient,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, body: { address }, who }) => alerts.approveRecipient(organization, address, who),
  }),
  route('POST /mail-recipients/withdraw', {
    ...approving,
    operationId: 'withdrawMailRecipient',
    effect: 'weakens-protection',
    summary: 'Withdraw a mail recipient',
    description: 'No alert is mailed to this address any more; the rules that name it stay.',
    may: byManagers,
    body: MailAddress,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ organization, body: { address }, who }) =>
      alerts.withdrawRecipient(organization, address, who),
  }),
  route('POST /mail-recipients/test', {
    ...approving,
    operationId: 'sendTestMail',
    effect: 'none',
    summary: 'Send a test mail',
    description:
      'One mail through the mail server of the settings, now. It counts in the hourly limit. The reply says whether the mail was sent; a failure is not an error of this call.',
    may: byManagers,
    body: MailAddress,
    reply: TestMailReply,
    refuses: [...mailing, 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, body: { address }, who }) => alerts.testMail(organization, address, who),
  }),
];
