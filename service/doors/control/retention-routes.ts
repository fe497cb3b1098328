import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { RetentionSettings, retentionPolicy } from '../../engine/organizations/index.ts';
import { flatReport, type Sweep, type SweepReport } from '../../engine/retention/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/time.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';

/** As it is stored, with null for the default again. */
const Change = z
  .strictObject({
    unusedDays: RetentionSettings.shape.unusedDays.nullable(),
    consentDays: RetentionSettings.shape.consentDays.nullable(),
    verificationDays: RetentionSettings.shape.verificationDays.nullable(),
    deliveryDays: RetentionSettings.shape.deliveryDays.nullable(),
    auditDays: RetentionSettings.shape.auditDays.nullable(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'Name at least one term.');
const Order = z.strictObject({
  dryRun: z.boolean().default(false),
  confirm: z
    .int()
    .min(0)
    .optional()
    .describe('how many people the sweep is expected to erase; needed unless dryRun'),
});
const ClockOrder = z.strictObject({
  today: z.iso
    .date('It must be a date such as 2026-11-20.')
    .describe('the date on the operator’s own watch, as 2026-11-20'),
});
const Page = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(20) });

/** A sweep over many people, with copies of the key store on slow media. */
const patient = { handlerTimeout: 60 * 60_000 };

/** Terms, and the sweeps that keep them. */
export const retentionRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'retention'>> = async (
  app,
  { organizations, retention },
) => {
  const organizationOf = createOrganizationOf(organizations);

  app.get('/organizations/:organization/retention', async ({ params }) => {
    const organization = await organizations.get(await organizationOf(params));
    return { terms: retentionPolicy(organization), set: organization.retention ?? {} };
  });
  app.patch('/organizations/:organization/retention', async (http) => {
    const id = await organizationOf(http.params);
    const changed = await organizations.setRetention(id, defined(parse(Change, http.body)), operator(http));
    return { terms: retentionPolicy(changed), set: changed.retention ?? {} };
  });
  app.post('/organizations/:organization/retention/sweeps', patient, async (http, reply) => {
    const organization = await organizationOf(http.params);
    const { dryRun, confirm } = parse(Order, http.body);
    if (dryRun) return { dryRun, ...flatReport(await retention.preview(organization)) };
    if (confirm === undefined) throw unconfirmed(await retention.preview(organization));
    const sweep = await retention.sweep(organization, { actor: operator(http), request: http.id, confirm });
    return reply.code(201).send(fromSweep(sweep));
  });
  app.get('/retention/waiting', async () => retention.waiting());
  app.post('/retention/clock', async (http) => {
    const { today } = parse(ClockOrder, http.body);
    const { now } = await retention.confirmClock({ today, actor: operator(http), request: http.id });
    return { now: time(now) };
  });
  app.get('/organizations/:organization/retention/sweeps', async ({ params, query }) => {
    const organization = await organizationOf(params);
    return { sweeps: (await retention.sweeps(organization, parse(Page, query).limit)).map(fromSweep) };
  });
};

/** A call that says nothing of what it would destroy destroys nothing. */
function unconfirmed({ due, rows, asks }: SweepReport & { asks?: string }): Problem {
  const people = Object.values(due).reduce((sum, count) => sum + count, 0);
  return new Problem(
    'CONFIRMATION_REQUIRED',
    `Nothing was swept. ${asks === undefined ? '' : `${asks} `}A sweep now would erase people: ${people}, verifications: ${rows.verifications}, events: ${rows.events}. Look at “gatehouse retention sweep --dry-run”, then confirm with the number of people: “gatehouse retention sweep --confirm ${people}”.`,
  );
}

const fromSweep = ({ startedAt, finishedAt, report, ...rest }: Sweep) => ({
  ...rest,
  report: flatReport(report),
  startedAt: time(startedAt),
  ...(finishedAt === undefined ? {} : { finishedAt: time(finishedAt) }),
});
