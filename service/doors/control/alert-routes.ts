import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { type Alert, type AlertRule, alertMetrics, type Recipient } from '../../engine/alerts/index.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { toPage } from './page.ts';
import { parse } from './parse.ts';
import { SubjectQuery } from './wire.ts';

const { world } = SubjectQuery.shape;
const id = z.string().max(64);
/** The engine says what is allowed in each. */
const settings = {
  name: z.string().max(500).optional(),
  windowMinutes: z.number().optional(),
  threshold: z.number().optional(),
  filter: z
    .strictObject({ key: id.optional(), profile: z.string().max(80).optional(), subject: id.optional() })
    .optional(),
  holdOffMinutes: z.number().optional(),
  channels: z
    .strictObject({
      webhook: z.boolean().optional(),
      desktop: z.boolean().optional(),
      email: z.array(z.string().max(500)).max(100).optional(),
    })
    .optional(),
};
const NewRule = z.strictObject({ world, metric: z.enum(alertMetrics), ...settings });
const RuleChange = z.strictObject({ world, enabled: z.boolean().optional(), ...settings });
const RuleParams = z.object({ rule: id });
const AlertParams = z.object({ alert: id });
const AlertQuery = z.strictObject({
  world,
  open: z.enum(['true', 'false']).optional(),
  before: id.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
const Acknowledgement = z.strictObject({ world });
const MailAddress = z.object({ address: z.string().max(500) });
const DesktopQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** Alert rules, alerts, and what the desktop of the box shows of them. */
export const alertRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'alerts'>> = async (
  app,
  { organizations, alerts },
) => {
  const organizationOf = createOrganizationOf(organizations);
  const realmOf = async (params: unknown, inWorld: z.output<typeof world>) => ({
    organization: await organizationOf(params),
    world: inWorld,
  });
  const inQuery = async ({ params, query }: { params: unknown; query: unknown }) =>
    realmOf(params, parse(SubjectQuery, query).world);

  app.get('/organizations/:organization/alert-rules', async (request) => ({
    rules: (await alerts.listRules(await inQuery(request))).map(fromRule),
  }));
  app.get('/organizations/:organization/alert-rules/recommended', async (request) => ({
    rules: await alerts.recommended(await inQuery(request)),
  }));
  app.post('/organizations/:organization/alert-rules', async (request, reply) => {
    const { world, ...rule } = parse(NewRule, request.body);
    const realm = await realmOf(request.params, world);
    return reply.code(201).send(fromRule(await alerts.addRule(realm, toSettings(rule), operator(request))));
  });
  app.patch('/organizations/:organization/alert-rules/:rule', async (request) => {
    const { rule } = parse(RuleParams, request.params);
    const { world, ...change } = parse(RuleChange, request.body);
    const realm = await realmOf(request.params, world);
    return fromRule(await alerts.changeRule(realm, rule, toSettings(change), operator(request)));
  });
  app.delete('/organizations/:organization/alert-rules/:rule', async (request) => {
    const { rule } = parse(RuleParams, request.params);
    await alerts.removeRule(await inQuery(request), rule, operator(request));
    return { removed: rule };
  });

  app.get('/organizations/:organization/alerts', async ({ params, query }) => {
    const { world, open, before, limit } = parse(AlertQuery, query);
    const found = await alerts.list(await realmOf(params, world), {
      ...(open !== undefined && { open: open === 'true' }),
      ...(before !== undefined && { before }),
      limit: limit + 1,
    });
    const { items, ...next } = toPage(found, limit);
    return { alerts: items.map(fromAlert), ...next };
  });
  app.post('/organizations/:organization/alerts/:alert/acknowledge', async (request) => {
    const { alert } = parse(AlertParams, request.params);
    const realm = await realmOf(request.params, parse(Acknowledgement, request.body).world);
    return fromAlert(await alerts.acknowledge(realm, alert, operator(request)));
  });
  app.post('/organizations/:organization/alerts/mail-test', async (request) => {
    const organization = await organizationOf(request.params);
    const { address } = parse(MailAddress, request.body);
    return alerts.testMail(organization, address, operator(request));
  });
  app.get('/organizations/:organization/mail-recipients', async ({ params }) => ({
    recipients: (await alerts.listRecipients(await organizationOf(params))).map(fromRecipient),
  }));
  app.post('/organizations/:organization/mail-recipients', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { address } = parse(MailAddress, request.body);
    const recipient = await alerts.approveRecipient(organization, address, operator(request));
    return reply.code(201).send(fromRecipient(recipient));
  });
  app.delete('/organizations/:organization/mail-recipients/:address', async (request) => {
    const organization = await organizationOf(request.params);
    const { address } = parse(MailAddress, request.params);
    await alerts.withdrawRecipient(organization, address, operator(request));
    return { withdrawn: address };
  });
  // Every five seconds, by the desktop shell: no line in the log for each.
  app.get('/alerts/desktop', { config: { quiet: true } }, async ({ query }) => {
    const { limit } = parse(DesktopQuery, query);
    return { alerts: (await alerts.forDesktop(limit)).map(fromAlert) };
  });
};

type Given = z.output<z.ZodObject<typeof settings>>;

/** Without the fields that are not given, at each depth. */
const toSettings = <Rule extends Given>({ filter, channels, ...rule }: Rule) => ({
  ...defined(rule),
  ...(filter && { filter: defined(filter) }),
  ...(channels && { channels: defined(channels) }),
});

const fromRule = ({ createdAt, waitsFor, ...rule }: AlertRule) => ({
  ...rule,
  createdAt: time(createdAt),
  ...(waitsFor === undefined ? {} : { waitsFor }),
});

const fromRecipient = ({ address, approvedAt, approvedBy }: Recipient) => ({
  address,
  approvedAt: time(approvedAt),
  approvedBy,
});

const fromAlert = ({ about, firedAt, acknowledged, ...alert }: Alert) => ({
  ...alert,
  ...(about === undefined ? {} : { about }),
  firedAt: time(firedAt),
  ...(acknowledged && { acknowledged: { at: time(acknowledged.at), by: acknowledged.by } }),
});
