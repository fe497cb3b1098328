import type { DeliveryId, EndpointId, OrganizationId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { Db, RowIntegrity, Tx } from '../../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../../audit/index.ts';
import { reasons } from '../../reasons.ts';
import type { Webhooks } from '../../webhooks/endpoint.ts';
import type { Deliveries } from '../delivery.ts';
import { type DeliveryRow, selectQueued, selectWaitingOf } from '../delivery-store.ts';
import type { DeliveryQueue } from '../queue.ts';
import { type Settled, settleDeliveries } from '../queue-store.ts';

export interface ChangeByHandDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  integrity: RowIntegrity;
  endpoints: Pick<Webhooks, 'get'>;
  queue: Pick<DeliveryQueue, 'withdraw' | 'leasedElsewhere' | 'wake'>;
}

export interface ChangeByHand extends Pick<Deliveries, 'tryWaiting'> {
  /** A failed or waiting one is tried at once, with all attempts before it. Throws NOT_FOUND, CONFLICT (it is sent right now, or over). */
  retry(id: string, actor: Actor): Promise<void>;
  /** Nothing is sent any more of one that failed or waits. Throws NOT_FOUND, CONFLICT (it is sent right now, or over). */
  cancel(id: string, actor: Actor): Promise<void>;
}

/** Deliveries of one call of `tryWaiting`. */
const MOST = 100;

/** What operators do with deliveries, of webhooks and mails. */
export function createChangeByHand(deps: ChangeByHandDeps): ChangeByHand {
  const { db, inTransaction, integrity, endpoints, queue, audit, clock } = deps;

  const again = ({ id, state_reason }: DeliveryRow): Settled => ({
    id,
    state: 'waiting',
    reason: state_reason,
    nextAt: clock.now(),
    anew: true,
  });

  async function change(
    id: string,
    { actor, verb, what }: { actor: Actor; verb: 'retry' | 'remove'; what: string },
    to: (row: DeliveryRow) => Settled,
  ): Promise<void> {
    await requireQueued(db, id);
    const runs = new Problem(
      'CONFLICT',
      `The delivery ${id} is being sent right now and cannot be ${what}: try again when that has ended.`,
    );
    if (!queue.withdraw(id as DeliveryId)) throw runs;
    await inTransaction(async (tx) => {
      const row = await requireQueued(tx, id);
      if ((await queue.leasedElsewhere(tx))(row)) throw runs;
      if (row.state !== 'waiting' && row.state !== 'failed')
        throw new Problem('CONFLICT', `The delivery ${id} is over and cannot be ${what}.`);
      await settleDeliveries(tx, integrity, [to(row)], { now: clock.now() });
      await audit.add(tx, {
        actor,
        action: `job.${verb}`,
        target: id,
        organization: row.organization as OrganizationId,
        details: { kind: row.kind, state: row.state, attempts: row.attempts },
      });
    });
    queue.wake();
  }

  return {
    retry: (id, actor) => change(id, { actor, verb: 'retry', what: 'tried again' }, again),
    cancel: (id, actor) =>
      change(id, { actor, verb: 'remove', what: 'removed' }, () => ({
        id,
        state: 'dropped',
        reason: reasons['by-hand'],
        nextAt: null,
      })),
    async tryWaiting(realm, endpoint, actor) {
      const { id, state } = await endpoints.get(realm, endpoint);
      if (state.is === 'disabled')
        throw new Problem('CONFLICT', `The endpoint is disabled (${state.reason}): enable it first.`);
      const deliveries = await inTransaction(async (tx) => {
        const waiting = await selectWaitingOf(tx, id as EndpointId, MOST);
        // What is sent right now needs no haste.
        const leasedElsewhere = await queue.leasedElsewhere(tx);
        const free = waiting.filter((row) => !leasedElsewhere(row) && queue.withdraw(row.id as DeliveryId));
        await settleDeliveries(tx, integrity, free.map(again), { now: clock.now() });
        await audit.add(tx, {
          actor,
          action: 'webhook.try',
          organization: realm.organization,
          target: id,
          details: { world: realm.world },
        });
        return free.length;
      });
      queue.wake();
      return { deliveries };
    },
  };
}

async function requireQueued(from: Db | Tx, id: string): Promise<DeliveryRow> {
  const row = await selectQueued(from, id);
  if (row) return row;
  throw new Problem(
    'NOT_FOUND',
    `There is no job ${id.slice(0, 64)}: "gatehouse jobs list" shows those there are.`,
  );
}
