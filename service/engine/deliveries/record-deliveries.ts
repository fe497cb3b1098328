import type { Clock } from '../../lib/clock.ts';
import type { EndpointId, Ids, OrganizationId, World } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Events } from '../events/index.ts';
import type { FinishedJob } from '../jobs/index.ts';
import type { EndpointKeeping } from '../webhooks/index.ts';
import type { DeliveryResult } from './deliver.ts';
import {
  type AttemptRow,
  type DeliveryWork,
  insertAttempts,
  isOpen,
  type Settled,
  selectWork,
  settleDeliveries,
  wasTriedBetween,
} from './delivery-work-store.ts';
import { forgetLateErrors } from './forget-deliveries-store.ts';

export interface RecordDeliveriesDeps {
  endpoints: Pick<EndpointKeeping, 'noteOutcome' | 'switchOff'>;
  /** An endpoint was switched off: what is in memory of it is to be read again once the transaction has ended. */
  switchedOff(endpoint: EndpointId): void;
  events: Events;
  ids: Pick<Ids, 'next'>;
  clock: Clock;
}

/** An endpoint that accepted nothing for so long is disabled. */
const FAILING_FOR = 5 * 86_400_000;
/** Nothing sent for longer: the clock went on, or it is too long ago to say that the endpoint fails. Its days begin anew. */
const LONGEST_SILENCE = 30 * 86_400_000;

type Finished = FinishedJob<DeliveryResult>;
/** What one attempt says of its endpoint. */
interface Sign {
  organization: OrganizationId;
  world: World;
  at: number;
  accepted: boolean;
  gone: boolean;
}

/** Takes down what became of several deliveries, in the transaction that ends their jobs. */
export function createRecordDeliveries({ endpoints, switchedOff, events, ids, clock }: RecordDeliveriesDeps) {
  /** Of jobs that gave nothing: they threw, or took too long. */
  async function worksOf(tx: Tx, finished: readonly Finished[]): Promise<Map<string, DeliveryWork>> {
    const open = finished.filter(({ result }) => result === undefined);
    if (open.length === 0) return new Map();
    return selectWork(
      tx,
      open.map(({ job }) => String(job.payload.delivery)),
    );
  }

  async function switchOff(tx: Tx, id: EndpointId, sign: Sign, reason: string): Promise<void> {
    switchedOff(id);
    if (!(await endpoints.switchOff(tx, id, reason))) return;
    const { organization, world } = sign;
    await events.add(tx, {
      type: 'webhook.disabled',
      organization,
      world,
      payload: { endpoint: id, reason },
    });
  }

  /** One that accepted anything works. */
  async function judge(tx: Tx, id: EndpointId, signs: readonly Sign[]): Promise<void> {
    const accepted = signs.some((sign) => sign.accepted);
    const gone = signs.find((sign) => sign.gone);
    const first = Math.min(...signs.map(({ at }) => at));
    const { failingSince } = await endpoints.noteOutcome(tx, id, { accepted, at: first });
    if (gone) {
      await switchOff(tx, id, gone, 'The receiver answered 410: it wants nothing more.');
    } else if (failingSince !== undefined && clock.now() - failingSince >= FAILING_FOR) {
      if (await wasTriedBetween(tx, id, { since: first - LONGEST_SILENCE, before: first }))
        await switchOff(tx, id, signs[0]!, 'It accepted nothing for five days.');
      else await beginAnew(tx, id, first);
    }
  }

  async function beginAnew(tx: Tx, id: EndpointId, at: number): Promise<void> {
    await endpoints.noteOutcome(tx, id, { accepted: true, at });
    await endpoints.noteOutcome(tx, id, { accepted: false, at });
  }

  return async function record(tx: Tx, finished: readonly Finished[]): Promise<void> {
    const works = await worksOf(tx, finished);
    const attempts: AttemptRow[] = [];
    const settled: Settled[] = [];
    const signs = new Map<EndpointId, Sign[]>();
    for (const one of finished) {
      const { job, outcome, result, nextAt } = one;
      switch (result?.is) {
        case 'attempted': {
          const { work, attempt, attempted, exchange } = result;
          attempts.push({
            id: attempt,
            delivery: work.id,
            number: work.attempts + 1,
            at: attempted.at,
            outcome: attempted.outcome,
            status: attempted.status ?? null,
            milliseconds: attempted.milliseconds,
            exchange,
          });
          const accepted = attempted.outcome === 'delivered';
          settled.push(accepted ? delivered(work) : failed(work, attempted.sentence, nextAt));
          const { organization, world, endpoint, url } = work;
          // What one call's own URL answers says nothing of the others that are signed with the same secret.
          if (url !== null) break;
          const sign = { organization, world, at: attempted.at, accepted, gone: attempted.status === 410 };
          signs.set(endpoint, [...(signs.get(endpoint) ?? []), sign]);
          break;
        }
        case 'dropped':
          settled.push({ ...over(result.work), state: 'dropped', reason: result.reason });
          break;
        case 'parked':
          settled.push({
            ...over(result.work),
            nextAt: clock.now(),
            state: 'waiting',
            reason: 'Its webhook is disabled.',
            parked: true,
          });
          break;
        case 'over':
          break;
        case undefined: {
          const work = works.get(String(job.payload.delivery));
          if (work === undefined || !isOpen(work)) break;
          const reason = 'error' in outcome ? outcome.error : 'It did not end.';
          attempts.push({
            id: ids.next('attempt'),
            delivery: work.id,
            number: work.attempts + 1,
            at: clock.now(),
            outcome: 'error',
            status: null,
            milliseconds: 0,
            exchange: null,
          });
          settled.push(failed(work, reason, nextAt));
          break;
        }
        default:
          result satisfies never;
      }
    }
    await insertAttempts(tx, attempts);
    await settleDeliveries(tx, settled, clock.now());
    await forgetLateErrors(
      tx,
      settled.filter(({ state }) => state !== 'delivered').map(({ id }) => id),
    );
    for (const [id, ofOne] of signs) await judge(tx, id, ofOne);
  };
}

const over = ({ id, attempts }: DeliveryWork) => ({ id, attempts, nextAt: null });
const delivered = (work: DeliveryWork): Settled => ({
  ...over(work),
  attempts: work.attempts + 1,
  state: 'delivered',
  reason: null,
});
const failed = (work: DeliveryWork, reason: string, nextAt: number | undefined): Settled => ({
  id: work.id,
  attempts: work.attempts + 1,
  nextAt: nextAt ?? null,
  state: nextAt === undefined ? 'failed' : 'waiting',
  reason,
});
