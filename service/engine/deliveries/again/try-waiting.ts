import type { JobId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, InTransaction } from '../../../storage/transaction.ts';
import type { Audit } from '../../audit/index.ts';
import type { Jobs } from '../../jobs/index.ts';
import type { Webhooks } from '../../webhooks/index.ts';
import type { Deliveries } from '../delivery.ts';
import { selectWaitingJobs } from '../delivery-store.ts';

export interface TryWaitingDeps {
  db: Db;
  inTransaction: InTransaction;
  endpoints: Pick<Webhooks, 'get'>;
  jobs: Pick<Jobs, 'retry' | 'wake'>;
  audit: Audit;
}

/** Deliveries of one call: each is a transaction of its own. */
const MOST = 100;

/** Does not wait for the pause between two attempts: the oldest of what waits is tried now. */
export function createTryWaiting({
  db,
  inTransaction,
  endpoints,
  jobs,
  audit,
}: TryWaitingDeps): Deliveries['tryWaiting'] {
  return async function tryWaiting(realm, id, actor) {
    const endpoint = await endpoints.get(realm, id);
    if (endpoint.state.is === 'disabled')
      throw new Problem('CONFLICT', `The endpoint is disabled (${endpoint.state.reason}): enable it first.`);
    await inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action: 'webhook.try',
        organization: realm.organization,
        target: endpoint.id,
        details: { world: realm.world },
      }),
    );
    let deliveries = 0;
    for (const job of await selectWaitingJobs(db, endpoint.id, MOST)) {
      try {
        await jobs.retry(job as JobId, actor);
        deliveries++;
      } catch (error) {
        // It runs right now, or has ended meanwhile: there is nothing to hasten.
        if (!(error instanceof Problem && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND')))
          throw error;
      }
    }
    jobs.wake();
    return { deliveries };
  };
}
