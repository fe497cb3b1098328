import type { Alerts } from '../../../engine/alerts/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { paramsOf } from '../ids.ts';
import { managers, ofAppliance, operators, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import {
  fromAlert,
  fromAlertRule,
  fromDesktopAlert,
  fromRecipient,
  toAlertRuleChange,
  toNewAlertRule,
} from './translate.ts';
import {
  AlertPage,
  AlertQuery,
  AlertReply,
  AlertRuleChange,
  AlertRulePage,
  AlertRuleReply,
  DesktopAlerts,
  DesktopQuery,
  MailAddress,
  NewAlertRule,
  RecipientPage,
  RecipientQuery,
  RecipientReply,
  RecommendedRules,
  RuleQuery,
  TestMailReply,
} from './wire.ts';

export interface AlertRouteDeps {
  alerts: Alerts;
}

const about = { tag: 'alerts', within: 'world' } as const;
const looking = { operator: true, administrator: readers, key: 'admin' } as const;
const changing = { operator: true, administrator: managers, key: 'admin' } as const;
const mailing = ['RECIPIENT_NOT_APPROVED', 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'] as const;

/** What rules watch, what they found, and which addresses it may be mailed to. */
export const alertRoutes = (deps: AlertRouteDeps): AdminRoute[] => [
  ...foundRoutes(deps),
  ...watchedRoutes(deps),
  ...ruleRoutes(deps),
  ...recipientRoutes(deps),
];

const foundRoutes = ({ alerts }: AlertRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/alerts',
    operationId: 'listAlerts',
    effect: 'none',
    summary: 'List alerts',
    description: 'Alerts with the result of each notification.',
    may: looking,
    query: AlertQuery,
    reply: AlertPage,
    async handle({ realm, query: { limit, cursor, open } }) {
      const found = await alerts.list(realm, { ...defined({ open, before: cursor }), limit: limit + 1 });
      return toPage(found.map(fromAlert), limit, ({ id }) => id);
    },
  }),
  route({
    ...about,
    method: 'POST',
    url: '/alerts/:id/acknowledge',
    operationId: 'acknowledgeAlert',
    effect: 'none',
    summary: 'Acknowledge an alert',
    description:
      'Marks the alert as seen by a person. A repeated call changes nothing: the first acknowledgement stays.',
    may: { operator: true, administrator: operators, key: 'admin' },
    params: paramsOf('alert'),
    reply: AlertReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, who }) => fromAlert(await alerts.acknowledge(realm, id, who)),
  }),
  route({
    tag: 'alerts',
    within: 'appliance',
    method: 'GET',
    url: '/alerts/desktop',
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
      items: (await alerts.forDesktop(limit)).map(fromDesktopAlert),
    }),
  }),
];

const watchedRoutes = ({ alerts }: AlertRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/alert-rules',
    operationId: 'listAlertRules',
    effect: 'none',
    summary: 'List alert rules',
    description: 'The rules of the organization in one world.',
    may: looking,
    query: RuleQuery,
    reply: AlertRulePage,
    async handle({ realm, query: { limit, cursor } }) {
      const found = await alerts.pageRules(realm, defined({ before: cursor, limit: limit + 1 }));
      return toPage(found.map(fromAlertRule), limit, ({ id }) => id);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/alert-rules/recommended',
    operationId: 'listRecommendedAlertRules',
    effect: 'none',
    summary: 'List the recommended alert rules',
    description: 'A rule for each metric that has none and is available on this box. Nothing is added.',
    may: { operator: true, administrator: readers, key: false },
    keyRefusal: 'No API key may list recommended rules: a new rule takes what is recommended for its metric.',
    reply: RecommendedRules,
    handle: async ({ realm }) => ({ items: await alerts.recommended(realm) }),
  }),
];

const ruleRoutes = ({ alerts }: AlertRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/alert-rules',
    operationId: 'createAlertRule',
    effect: 'none',
    summary: 'Create an alert rule',
    description:
      'The rule is active at once. Absent fields take the recommended values of the metric. `waitsFor` lists what it still needs, such as a model. A rule with mail needs a grant for the mail server, and recipients that an operator approved.',
    may: changing,
    body: NewAlertRule,
    status: 201,
    reply: AlertRuleReply,
    refuses: ['CONFLICT', ...mailing, 'STORAGE_FULL'],
    handle: async ({ realm, body, who }) =>
      fromAlertRule(await alerts.addRule(realm, toNewAlertRule(body), who)),
  }),
  route({
    ...about,
    method: 'PATCH',
    url: '/alert-rules/:id',
    operationId: 'changeAlertRule',
    effect: 'weakens-protection',
    summary: 'Change an alert rule',
    description:
      'Changes the fields that are sent; `filter` is replaced as a whole. The metric cannot be changed: create another rule. `enabled: false` stops the rule without removing it.',
    may: changing,
    params: paramsOf('rule'),
    body: AlertRuleChange,
    reply: AlertRuleReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL', ...mailing],
    handle: async ({ realm, params: { id }, body, who }) =>
      fromAlertRule(await alerts.changeRule(realm, id, toAlertRuleChange(body), who)),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/alert-rules/:id',
    operationId: 'removeAlertRule',
    effect: 'weakens-protection',
    summary: 'Remove an alert rule',
    description: 'The rule is removed; its alerts stay.',
    may: changing,
    params: paramsOf('rule'),
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, who }) => alerts.removeRule(realm, id, who),
  }),
];

const approving = {
  tag: 'alerts',
  within: 'organization',
  keyRefusal:
    'No API key may see, approve or mail to addresses: an operator approves each recipient with "gatehouse alert recipient approve".',
} as const;
const forManagers = { operator: true, administrator: managers, key: false } as const;

const recipientRoutes = ({ alerts }: AlertRouteDeps): AdminRoute[] => [
  route({
    ...approving,
    method: 'GET',
    url: '/mail-recipients',
    operationId: 'listMailRecipients',
    effect: 'reads-personal',
    summary: 'List mail recipients',
    description: 'Addresses that alerts of the organization may be mailed to, in both worlds.',
    may: { operator: true, administrator: readers, key: false },
    query: RecipientQuery,
    reply: RecipientPage,
    async handle({ organization, query: { limit, cursor } }) {
      const found = await alerts.pageRecipients(organization, defined({ after: cursor, limit: limit + 1 }));
      const { items, ...next } = toPage(found, limit, ({ approvedAt, address }) => ({ approvedAt, address }));
      return { items: items.map(fromRecipient), ...next };
    },
  }),
  route({
    ...approving,
    method: 'POST',
    url: '/mail-recipients',
    operationId: 'approveMailRecipient',
    effect: 'opens-the-box',
    summary: 'Approve a mail recipient',
    description: 'Alerts may be mailed to this address, also by rules that an API key creates.',
    may: forManagers,
    body: MailAddress,
    status: 201,
    reply: RecipientReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, body: { address }, who }) =>
      fromRecipient(await alerts.approveRecipient(organization, address, who)),
  }),
  route({
    ...approving,
    method: 'POST',
    url: '/mail-recipients/withdraw',
    operationId: 'withdrawMailRecipient',
    effect: 'weakens-protection',
    summary: 'Withdraw a mail recipient',
    description: 'No alert is mailed to this address any more; the rules that name it stay.',
    may: forManagers,
    body: MailAddress,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ organization, body: { address }, who }) =>
      alerts.withdrawRecipient(organization, address, who),
  }),
  route({
    ...approving,
    method: 'POST',
    url: '/mail-recipients/test',
    operationId: 'sendTestMail',
    effect: 'none',
    summary: 'Send a test mail',
    description:
      'One mail through the mail server of the settings, now. It counts in the hourly limit. The reply says whether the mail was sent; a failure is not an error of this call.',
    may: forManagers,
    body: MailAddress,
    reply: TestMailReply,
    refuses: [...mailing, 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, body: { address }, who }) => alerts.testMail(organization, address, who),
  }),
];
