import { z } from 'zod';
import { defined } from '../../../lib/defined.ts';
import type { Ids, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { actor, time } from '../../../lib/record-fields.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Organization, retentionPolicy } from '../../accounts/index.ts';
import { type Actor, describeActor, type Foundation, type PersonalData } from '../../audit/index.ts';
import { oldestHeld } from '../../consent/index.ts';
import type { ClockTrust } from './clock-trust.ts';
import { DAY, exampleOfSweep, flatReport, SweepReport, type WaitingSweep } from './due.ts';
import {
  countOldRows,
  deleteOldRows,
  type Erase,
  eraseDue,
  type FindDueDeps,
  type Found,
  findDue,
  type SweepOptions,
} from './find-due.ts';
import type { RetentionStore } from './retention-store.ts';

export const Sweep = z
  .object({
    id: z.string().describe('Id'),
    startedAt: time('Start time'),
    finishedAt: time('End time; absent: interrupted or running').optional(),
    actor,
    report: SweepReport.describe('Result'),
  })
  .meta({
    id: 'Sweep',
    description: 'A retention sweep of the organization.',
    examples: [
      {
        id: 'swp_01m7w3hb8hbf355he5zqwjztdk',
        startedAt: '2026-11-20T12:00:00.000Z',
        finishedAt: '2026-11-20T12:00:01.000Z',
        actor: 'appliance:retention',
        report: exampleOfSweep,
      },
    ],
  });
export type Sweep = z.output<typeof Sweep>;

export interface RunSweepDeps extends FindDueDeps, RequireConfirmedDeps {
  store: RetentionStore;
  organizations: {
    list(): Promise<Organization[]>;
    get(id: OrganizationId): Promise<Organization>;
  };
  trust: RequireConfirmedDeps['trust'] & { firstBuiltAt(): Promise<number> };
  erase: Erase;
  pruneAudit(order: { before: number; actor: Actor; request?: string }): Promise<{ lines: number }>;
  ids: Ids;
}

/** The people of the organization whose term is over now. */
export const findPeopleDue = async (deps: RunSweepDeps, id: OrganizationId): Promise<Found> =>
  findDue(deps, requireOwnTerms(await deps.organizations.get(id)), {
    builtAt: await deps.trust.firstBuiltAt(),
  });

/** By terms that another program wrote nothing is erased. */
function requireOwnTerms(organization: Organization): Organization {
  if (!organization.altered) return organization;
  throw new Problem(
    'CONFLICT',
    `Another program wrote or changed the settings of ${organization.id} in the database: nothing is erased by its terms until an operator has accepted them (audit accept organization ${organization.id}).`,
  );
}

/** One sweep of one organization, as `Retention.sweep`. */
export async function runSweep(deps: RunSweepDeps, id: OrganizationId, order: SweepOptions): Promise<Sweep> {
  const found = await findPeopleDue(deps, id);
  await requireConfirmed(deps, id, found, order);
  const sweep = await begin(deps, id, found, order);
  try {
    await eraseDue(deps, found, order);
    await deleteOldRows(deps, id, found);
    await pruneLog(deps, found, order);
  } catch (error) {
    await noteFailure(deps, sweep, error);
    throw error;
  }
  return finish(deps, id, sweep, order);
}

const lineOf = (organization: OrganizationId, sweep: Sweep, { actor, request }: SweepOptions) => ({
  actor,
  organization,
  target: sweep.id,
  ...defined({ request }),
});

/** Pages are deleted in transactions of their own: a sweep that is cut short has its line all the same. */
async function begin(
  { store, inTransaction, audit, ids }: RunSweepDeps,
  id: OrganizationId,
  { due, people, report, now }: Found,
  order: SweepOptions,
): Promise<Sweep> {
  const sweep = { id: ids.next('sweep'), startedAt: now, actor: describeActor(order.actor), report };
  await inTransaction(async (tx) => {
    await store.begin(tx, id, { ...sweep, report: textOf(sweep) });
    await audit.add(tx, {
      ...lineOf(id, sweep, order),
      action: 'retention.sweep.begin',
      details: { due: due.length, people },
    });
  });
  return sweep;
}

/**
 * The log has one chain for all organizations: the longest of their terms holds, and no line goes that was written since the
 * first of the people under a legal hold was enrolled.
 */
async function pruneLog(
  { db, organizations, pruneAudit }: RunSweepDeps,
  { report, now }: Found,
  { actor, request }: SweepOptions,
): Promise<void> {
  const all = await organizations.list();
  if (all.some(({ altered }) => altered)) return;
  const terms = all.map((one) => retentionPolicy(one).auditDays);
  const before = Math.min(now - Math.max(...terms) * DAY, (await oldestHeld(db)) ?? now);
  const pruned = await pruneAudit({ before, actor, ...defined({ request }) });
  report.auditLines = pruned.lines;
}

async function noteFailure(
  { store, inTransaction }: RunSweepDeps,
  sweep: Sweep,
  error: unknown,
): Promise<void> {
  sweep.report.failed =
    error instanceof Problem ? error.message : 'Something broke; the log of the service says what.';
  await inTransaction((tx) => store.finish(tx, sweep.id, textOf(sweep), null)).catch(() => {});
}

async function finish(
  { store, inTransaction, audit, clock }: RunSweepDeps,
  id: OrganizationId,
  sweep: Sweep,
  order: SweepOptions,
): Promise<Sweep> {
  const finishedAt = clock.now();
  await inTransaction(async (tx: Tx) => {
    await store.finish(tx, sweep.id, textOf(sweep), finishedAt);
    await audit.add(tx, {
      ...lineOf(id, sweep, order),
      action: 'retention.sweep',
      details: flatReport(sweep.report),
    });
  });
  return { ...sweep, finishedAt };
}

const textOf = ({ report }: Sweep): string => JSON.stringify(flatReport(report));

const FIRST_SWEEP = 'It is the first sweep of this box.';

interface RequireConfirmedDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'log'> {
  personalData: readonly PersonalData[];
  trust: Pick<ClockTrust, 'doubt' | 'believed'>;
}

/** Why this sweep must be confirmed; undefined when it needs not. */
export async function whyConfirm(
  { personalData, trust }: Pick<RequireConfirmedDeps, 'personalData' | 'trust'>,
  organization: OrganizationId,
  found: Found,
): Promise<string | undefined> {
  const doubt = await trust.doubt();
  if (doubt !== undefined) return doubt;
  if (found.asks !== undefined) return found.asks;
  if ((await trust.believed()) !== undefined) return undefined;
  if (found.due.length > 0) return FIRST_SWEEP;
  const rows = await countOldRows({ personalData }, organization, found);
  return Object.values(rows).some((n) => n > 0) ? FIRST_SWEEP : undefined;
}

/** Throws Unconfirmed unless the sweep needs no confirmation, or `confirm` is the number of people that it erases. */
async function requireConfirmed(
  deps: RequireConfirmedDeps,
  organization: OrganizationId,
  found: Found,
  { actor, request, confirm }: SweepOptions,
): Promise<void> {
  const why = await whyConfirm(deps, organization, found);
  const due = found.due.length;
  const { people } = found;
  if (confirm === undefined ? why === undefined : confirm === due) return;
  const { inTransaction, audit, log } = deps;
  log.warn({ organization, due, people, why }, 'a retention sweep must be confirmed and changed nothing');
  await inTransaction((tx) =>
    audit.add(tx, {
      actor,
      action: 'retention.sweep',
      organization,
      outcome: 'refused',
      ...defined({ request }),
      details: { due, people, confirm: confirm ?? null, ...defined({ why }) },
    }),
  );
  throw new Unconfirmed({ organization, due, people, why: why ?? 'The number given is another one.' });
}

/** A sweep that changed nothing, because it must be confirmed. */
export class Unconfirmed extends Problem {
  readonly waiting: WaitingSweep;
  constructor(waiting: WaitingSweep) {
    const { due, people, why } = waiting;
    super(
      'CONFIRMATION_REQUIRED',
      `${why} This sweep would erase ${due} of ${people} people, and has changed nothing yet. Look at “gatehouse retention sweep --dry-run”, the clock and the terms, then confirm with “gatehouse retention sweep --confirm ${due}”.`,
    );
    this.waiting = waiting;
  }
}
