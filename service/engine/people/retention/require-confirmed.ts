import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { Audit, PersonalData } from '../../audit/index.ts';
import type { ClockTrust } from './clock-trust.ts';
import type { WaitingSweep } from './due.ts';
import type { Found, SweepOptions } from './find-due.ts';
import { countOldRows } from './old-rows.ts';

const FIRST_SWEEP = 'It is the first sweep of this box.';

export interface RequireConfirmedDeps {
  personalData: readonly PersonalData[];
  trust: Pick<ClockTrust, 'doubt' | 'believed'>;
  inTransaction: InTransaction;
  audit: Audit;
  log: Log;
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
export async function requireConfirmed(
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
