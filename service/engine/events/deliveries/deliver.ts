import { defined } from '../../../lib/defined.ts';
import type { EndpointId, Ids, OrganizationId, World } from '../../../lib/id.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import type { Events } from '../events.ts';
import { reasons } from '../reasons.ts';
import { type OpenedEvent, openEvents } from '../recorded-event-store.ts';
import type { EndpointBook, OpenEndpoint } from '../webhooks/endpoint-book.ts';
import type { EndpointKeeping } from '../webhooks/endpoint-keeping.ts';
import { ATTEMPT_TIMEOUT, type Attempt, type Attempted } from './attempt.ts';
import { type ExchangeSealer, exchangeField, openOwned, sealOwned, urlField } from './delivery-store.ts';
import { type DeliveryWork, selectWork, wasTriedBetween } from './delivery-work-store.ts';
import type { Payload, Payloads } from './payload.ts';
import { isOpen } from './queue-store.ts';
import type { DeliveryHandler, DueDelivery, Ended, Outcome, Sent } from './record-ends.ts';

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

export interface DeliverDeps extends Pick<Foundation, 'db' | 'clock' | 'log'> {
  sealer: ExchangeSealer;
  endpoints: Pick<EndpointBook, 'open'> & Pick<EndpointKeeping, 'noteOutcome' | 'switchOff'>;
  /** An endpoint was switched off: what is in memory of it is to be read again once the transaction has ended. */
  switchedOff(endpoint: EndpointId): void;
  payloads: Payloads;
  attempt: Attempt;
  events: Events;
  ids: Pick<Ids, 'next'>;
  integrity: RowIntegrity;
  /** Called after each attempt. */
  observed?: (attempt: ObservedAttempt) => void;
}

export interface ObservedAttempt {
  /** `delivered`, or why not. */
  outcome: string;
  milliseconds: number;
}

/** How deliveries of the kind `webhook` are sent. */
export function createDeliver(deps: DeliverDeps): DeliveryHandler<Sign> {
  const { db, sealer, endpoints, payloads, attempt, ids, log, integrity, observed } = deps;
  const load = createLoader(db, integrity);

  async function urlOf(work: DeliveryWork, { endpoint }: OpenEndpoint): Promise<string | undefined> {
    if (work.url === null) return endpoint.url;
    return (await openOwned<{ url: string }>(sealer, work, urlField(work.id), work.url))?.url;
  }

  async function payloadOf(work: DeliveryWork, { endpoint }: OpenEndpoint): Promise<Payload> {
    const opened = await openWork(sealer, work);
    if (opened === undefined) return { is: 'nothing', reason: reasons['not-kept'] };
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

  async function send({ id, signal }: DueDelivery): Promise<Sent<Sign>> {
    const work = await load(id);
    if (work === undefined) return drop(reasons.nothing);
    if (work.altered) {
      log.error({ delivery: id }, 'a delivery is not sent, because another program wrote or changed its row');
      return { outcome: { is: 'given-up', reason: reasons.altered } };
    }
    if (!isOpen(work)) return drop(reasons.over);
    const to = await endpoints.open(work.endpoint);
    if (to === undefined) return drop(reasons['webhook-removed']);
    if (to.secret === undefined || to.endpoint.state.is === 'disabled')
      return { outcome: { is: 'parked', reason: reasons['webhook-disabled'] } };
    const url = await urlOf(work, to);
    if (url === undefined) return drop(reasons.erased);
    const payload = await payloadOf(work, to);
    if (payload.is === 'nothing') return drop(payload.reason);

    const attempted = await attempt({ to, url, id: work.event ?? work.id, body: payload.body, signal });
    const { at, outcome, milliseconds, status } = attempted;
    observed?.({ outcome, milliseconds });
    const attemptId = ids.next('attempt');
    const exchange = await sealed(work, attemptId, attempted);
    const { organization, world, endpoint } = work;
    const accepted = outcome === 'delivered';
    return {
      outcome: outcomeOf(attempted),
      attempt: { id: attemptId, at, outcome, status: status ?? null, milliseconds, exchange },
      // The answer of one callback URL is no evidence about other URLs signed with the same secret.
      ...(work.url === null && {
        result: { organization, world, endpoint, at, accepted, gone: status === 410 },
      }),
    };
  }

  const judge = createJudge(deps);
  return {
    pauses: deliveryPauses,
    jitter: 0.1,
    timeout: ATTEMPT_TIMEOUT + 15 * SECOND,
    send,
    async record(tx, ended: readonly Ended<Sign>[]) {
      const signs = ended.flatMap(({ result }) => result ?? []);
      for (const [endpoint, ofOne] of Map.groupBy(signs, (sign) => sign.endpoint))
        await judge(tx, endpoint, ofOne);
    },
  };
}

const drop = (reason: string): Sent<Sign> => ({ outcome: { is: 'dropped', reason } });

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

function outcomeOf({ outcome, status, sentence, retryAt }: Attempted): Outcome {
  if (outcome === 'delivered') return { is: 'delivered' };
  if (status === 410) return { is: 'given-up', reason: sentence };
  return { is: 'failed', reason: sentence, ...defined({ at: retryAt }) };
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

/** An endpoint that accepted nothing for so long is disabled. */
const FAILING_FOR = 5 * 86_400_000;
/** After a longer pause the clock jumped, or the failures are too old to count: the days of failure restart. */
const LONGEST_SILENCE = 30 * 86_400_000;

/** The effect of one attempt on its endpoint. */
interface Sign {
  organization: OrganizationId;
  world: World;
  endpoint: EndpointId;
  at: number;
  accepted: boolean;
  gone: boolean;
}

/** Decides from what its attempts say whether an endpoint fails, and switches it off after five days or a 410. */
function createJudge({ endpoints, switchedOff, events, clock }: DeliverDeps) {
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

  async function beginAnew(tx: Tx, id: EndpointId, at: number): Promise<void> {
    await endpoints.noteOutcome(tx, id, { accepted: true, at });
    await endpoints.noteOutcome(tx, id, { accepted: false, at });
  }

  /** An endpoint that accepted a delivery works. */
  return async function judge(tx: Tx, id: EndpointId, signs: readonly Sign[]): Promise<void> {
    const accepted = signs.some((sign) => sign.accepted);
    const gone = signs.find((sign) => sign.gone);
    const first = Math.min(...signs.map(({ at }) => at));
    const { failingSince } = await endpoints.noteOutcome(tx, id, { accepted, at: first });
    if (gone) {
      await switchOff(tx, id, gone, reasons.gone);
    } else if (failingSince !== undefined && clock.now() - failingSince >= FAILING_FOR) {
      if (await wasTriedBetween(tx, id, { since: first - LONGEST_SILENCE, before: first }))
        await switchOff(tx, id, signs[0]!, reasons.failing);
      else await beginAnew(tx, id, first);
    }
  };
}
