import type { EndpointId, Ids } from '../../lib/id.ts';
import type { RowIntegrity, Tx } from '../../storage/transaction.ts';
import type { FinishedJob } from '../jobs/index.ts';
import type { DeliveryResult } from './deliver.ts';
import {
  type AttemptRow,
  type DeliveryWork,
  insertAttempts,
  isOpen,
  type Settled,
  selectWork,
  settleDeliveries,
} from './delivery-work-store.ts';
import { createJudgeEndpoint, type JudgeEndpointDeps, type Sign } from './judge-endpoint.ts';

export interface RecordDeliveriesDeps extends JudgeEndpointDeps {
  ids: Pick<Ids, 'next'>;
  integrity: RowIntegrity;
}

type Finished = FinishedJob<DeliveryResult>;

/** Records the outcomes of several deliveries, in the transaction that ends their jobs. */
export function createRecordDeliveries(deps: RecordDeliveriesDeps) {
  const { ids, clock, integrity } = deps;
  const judge = createJudgeEndpoint(deps);

  /** Work of jobs without a result: they threw, or took too long. */
  async function worksOf(tx: Tx, finished: readonly Finished[]): Promise<Map<string, DeliveryWork>> {
    const open = finished.filter(({ result }) => result === undefined);
    if (open.length === 0) return new Map();
    return selectWork(
      tx,
      integrity,
      open.map(({ job }) => String(job.payload.delivery)),
    );
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
          const { work, attempted } = result;
          attempts.push(rowOf(result));
          const accepted = attempted.outcome === 'delivered';
          settled.push(accepted ? delivered(work) : failed(work, attempted.sentence, nextAt));
          const { organization, world, endpoint, url } = work;
          // The answer of one callback URL is no evidence about other URLs signed with the same secret.
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
          attempts.push(unended(work, ids.next('attempt'), clock.now()));
          settled.push(failed(work, reason, nextAt));
          break;
        }
        default:
          result satisfies never;
      }
    }
    await insertAttempts(tx, attempts);
    await settleDeliveries(tx, integrity, settled, clock.now());
    for (const [id, ofOne] of signs) await judge(tx, id, ofOne);
  };
}

type AttemptedResult = Extract<DeliveryResult, { is: 'attempted' }>;

const rowOf = ({ work, attempt, attempted, exchange }: AttemptedResult): AttemptRow => ({
  id: attempt,
  delivery: work.id,
  number: work.attempts + 1,
  at: attempted.at,
  outcome: attempted.outcome,
  status: attempted.status ?? null,
  milliseconds: attempted.milliseconds,
  exchange,
});

/** Result of a job that threw, or took too long. */
const unended = (work: DeliveryWork, id: string, at: number): AttemptRow => ({
  id,
  delivery: work.id,
  number: work.attempts + 1,
  at,
  outcome: 'error',
  status: null,
  milliseconds: 0,
  exchange: null,
});

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
