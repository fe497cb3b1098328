import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Db } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { Realm } from '../subjects/index.ts';
import { membersToErase } from './member-store.ts';
import { keyNameOf } from './scope.ts';
import type { createScopes, ScopeKeys } from './scopes.ts';

export interface SweepScopesDeps {
  db: Db;
  clock: Clock;
  log: Log;
  keys: ScopeKeys;
  organizations: Pick<Organizations, 'list'>;
  scopes: Pick<ReturnType<typeof createScopes>, 'endNow' | 'store'>;
}

/** Erases one person (engine/erasure). */
export type EraseMember = (
  realm: Realm,
  subject: SubjectId,
  order: { reason: 'retention'; actor: Actor },
) => Promise<unknown>;

/** Members who are erased in one sweep: some seconds. */
const MOST = 500;
const appliance: Actor = { is: 'appliance', task: 'uniqueness' };

/** Ends scopes whose end has come, erases members who leave or whose term is over, and destroys keys that a crash left behind. */
export function createSweepScopes({ db, clock, log, keys, organizations, scopes }: SweepScopesDeps) {
  /** A rotation or an end that was committed, but cut short before its key was destroyed. */
  async function destroyOldKeys(organization: OrganizationId): Promise<void> {
    const names = keys.names(organization).filter((name) => name.includes('/'));
    if (names.length === 0) return;
    const all = await scopes.store.all(organization);
    for (const { state, epoch, id } of all)
      for (const name of names) {
        const [of, number] = name.split('/');
        // A newer one than the scope's is being made.
        const old = state === 'ended' ? Number(number) <= epoch : Number(number) < epoch;
        if (of === id && old) await keys.destroy(organization, keyNameOf({ id, epoch: Number(number) }));
      }
  }

  return async function sweep(erase: EraseMember): Promise<{ ended: number; erased: number }> {
    const due = await scopes.store.due(clock.now());
    for (const scope of due) await scopes.endNow(scope, appliance);
    for (const { id } of await organizations.list()) await destroyOldKeys(id);
    let erased = 0;
    for (const { realm, subject } of await membersToErase(db, clock.now(), MOST)) {
      try {
        await erase(realm, subject, { reason: 'retention', actor: appliance });
        erased += 1;
      } catch (error) {
        log.error({ subject, err: error }, 'a member of a uniqueness scope could not be erased: tried again');
      }
    }
    return { ended: due.length, erased };
  };
}
