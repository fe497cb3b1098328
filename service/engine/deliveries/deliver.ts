import { defined } from '../../lib/defined.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, RowIntegrity, Tx } from '../../storage/transaction.ts';
import { type OpenedEvent, openEvents } from '../events/index.ts';
import type { FinishedJob, JobHandler, JobOutcome, RunningJob } from '../jobs/index.ts';
import type { EndpointBook, OpenEndpoint } from '../webhooks/index.ts';
import type { Attempt, Attempted } from './attempt.ts';
import { ATTEMPT_TIMEOUT } from './attempt.ts';
import { type DeliveryWork, isOpen, selectWork } from './delivery-work-store.ts';
import { type ExchangeSealer, exchangeField, openOwned, sealOwned, urlField } from './exchange-store.ts';
import { ERASED, type Payload, type Payloads } from './payload.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds before attempt 2 to 10. */
export const deliveryPauses = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** From the first attempt to the last. */
export const SCHEDULE = deliveryPauses.reduce((sum, pause) => sum + pause, 0);

/** The outcome of an attempt, for its record. */
export type DeliveryResult =
  | {
      is: 'attempted';
      work: DeliveryWork;
      attempt: string;
      attempted: Attempted;
      /** Null where it could not be sealed: the person was erased meanwhile. */
      exchange: Uint8Array | null;
    }
  | { is: 'dropped'; work: DeliveryWork; reason: string }
  /** The endpoint is disabled: it goes out when it is enabled again. */
  | { is: 'parked'; work: DeliveryWork }
  /** There is nothing to deliver any more. */
  | { is: 'over' };

export interface DeliverDeps {
  db: Db;
  sealer: ExchangeSealer;
  endpoints: Pick<EndpointBook, 'open'>;
  payloads: Payloads;
  attempt: Attempt;
  record(tx: Tx, finished: readonly FinishedJob<DeliveryResult>[]): Promise<void>;
  ids: Pick<Ids, 'next'>;
  log: Log;
  integrity: RowIntegrity;
  /** Called after each attempt. */
  observed?: (attempt: ObservedAttempt) => void;
}

export interface ObservedAttempt {
  /** `delivered`, or why not. */
  outcome: string;
  milliseconds: number;
}

/** The work of jobs of the kind `webhook`. */
export function createDeliver({
  db,
  sealer,
  endpoints,
  payloads,
  attempt,
  record,
  ids,
  log,
  integrity,
  observed,
}: DeliverDeps): JobHandler<DeliveryResult> {
  const load = createLoader(db, integrity);

  async function urlOf(work: DeliveryWork, { endpoint }: OpenEndpoint): Promise<string | undefined> {
    if (work.url === null) return endpoint.url;
    return (await openOwned<{ url: string }>(sealer, work, urlField(work.id), work.url))?.url;
  }

  async function payloadOf(work: DeliveryWork, { endpoint }: OpenEndpoint): Promise<Payload> {
    const opened = await openWork(sealer, work);
    if (opened === undefined) return { is: 'nothing', reason: 'the event is not kept any more' };
    return payloads.of(endpoint.family, opened);
  }

  async function sealed(work: DeliveryWork, id: string, { exchange }: Attempted): Promise<Uint8Array | null> {
    try {
      return await sealOwned(sealer, work, exchangeField(id), exchange);
    } catch (error) {
      log.warn({ delivery: work.id, err: error }, 'what was sent and answered could not be kept');
      return null;
    }
  }

  async function deliver(job: RunningJob): Promise<{ outcome: JobOutcome; result: DeliveryResult }> {
    const dropped = (work: DeliveryWork, reason: string) => ({
      outcome: { is: 'done' } as const,
      result: { is: 'dropped', work, reason } as const,
    });
    const work = await load(String(job.payload.delivery));
    if (work?.altered)
      log.error(
        { delivery: work.id },
        'a delivery is not sent, because another program wrote or changed its row',
      );
    if (work === undefined || !isOpen(work)) return { outcome: { is: 'done' }, result: { is: 'over' } };
    const to = await endpoints.open(work.endpoint);
    if (to === undefined) return dropped(work, 'the endpoint was removed');
    if (to.endpoint.state.is === 'disabled')
      return { outcome: { is: 'done' }, result: { is: 'parked', work } };
    const url = await urlOf(work, to);
    if (url === undefined) return dropped(work, ERASED);
    const payload = await payloadOf(work, to);
    if (payload.is === 'nothing') return dropped(work, payload.reason);

    const attempted = await attempt({
      to,
      url,
      id: work.event ?? work.id,
      body: payload.body,
      signal: job.signal,
    });
    observed?.({ outcome: attempted.outcome, milliseconds: attempted.milliseconds });
    const id = ids.next('attempt');
    const exchange = await sealed(work, id, attempted);
    return {
      outcome: outcomeOf(attempted),
      result: { is: 'attempted', work, attempt: id, attempted, exchange },
    };
  }

  return {
    pauses: deliveryPauses,
    jitter: 0.1,
    concurrency: 256,
    timeout: ATTEMPT_TIMEOUT + 15 * SECOND,
    run: deliver,
    record,
  };
}

/** Undefined if the row of the outbox was removed. */
export async function openWork(
  sealer: Pick<ExchangeSealer, 'openMany' | 'openOwn'>,
  { row, subject }: DeliveryWork,
): Promise<OpenedEvent | undefined> {
  if (row === undefined) return undefined;
  // The event named a person when it was relayed, and names none now.
  if (subject !== undefined && row.subject === null) return { is: 'erased' };
  return (await openEvents(sealer, [row]))[0];
}

function outcomeOf({ outcome, status, sentence, retryAt }: Attempted): JobOutcome {
  if (outcome === 'delivered') return { is: 'done' };
  if (status === 410) return { is: 'dead', error: sentence };
  // Without an answer the sentence may quote a certificate or an address; the delivery keeps it, until the person is erased.
  const error = status === undefined ? `No answer (${outcome}); the delivery says more.` : sentence;
  return { is: 'failed', error, ...defined({ at: retryAt }) };
}

/** Those asked for in one turn of the event loop are read by one statement. */
function createLoader(db: Db, integrity: RowIntegrity): (id: string) => Promise<DeliveryWork | undefined> {
  const MOST = 100;
  const waiting: { id: string; answer: PromiseWithResolvers<DeliveryWork | undefined> }[] = [];

  async function read(): Promise<void> {
    const asked = waiting.splice(0, MOST);
    if (waiting.length > 0) queueMicrotask(read);
    try {
      const found = await selectWork(
        db,
        integrity,
        asked.map(({ id }) => id),
      );
      for (const { id, answer } of asked) answer.resolve(found.get(id));
    } catch (error) {
      for (const { answer } of asked) answer.reject(error);
    }
  }

  return (id) => {
    const answer = Promise.withResolvers<DeliveryWork | undefined>();
    if (waiting.push({ id, answer }) === 1) queueMicrotask(read);
    return answer.promise;
  };
}
