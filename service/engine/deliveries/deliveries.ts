import type { Clock } from '../../lib/clock.ts';
import type { DeliveryId, Ids } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import type { EventRealm } from '../events/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { EndpointBook, Family } from '../webhooks/index.ts';
import type { Exchange } from './attempt.ts';
import { openWork } from './deliver.ts';
import type { Deliveries, DeliveryAttempt, EventLog } from './delivery.ts';
import {
  type DeliveryRow,
  selectAttempts,
  selectDeliveries,
  selectDelivery,
  selectEventLog,
  toDelivery,
} from './delivery-store.ts';
import { type DeliveryWork, selectWork } from './delivery-work-store.ts';
import { type ExchangeSealer, exchangeField, openOwned, sealOwned, urlField } from './exchange-store.ts';
import type { Payloads } from './payload.ts';
import { queueDeliveries } from './queue-deliveries.ts';
import { createReplay } from './replay.ts';
import { createTestDelivery, type TestDeliveryDeps } from './test-delivery.ts';

export interface DeliveriesDeps extends TestDeliveryDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: ExchangeSealer;
  endpoints: TestDeliveryDeps['endpoints'] & Pick<EndpointBook, 'open'>;
  payloads: Payloads;
  jobs: Pick<Jobs, 'add' | 'wake'>;
  audit: Audit;
  ids: Pick<Ids, 'next'>;
  clock: Clock;
}

export function createDeliveries(deps: DeliveriesDeps): Deliveries {
  const { db, inTransaction, sealer, endpoints, payloads, jobs, audit, ids, clock } = deps;

  async function rowOf(realm: EventRealm, id: string): Promise<DeliveryRow> {
    const row = await selectDelivery(db, realm, id);
    if (row) return row;
    throw new Problem(
      'NOT_FOUND',
      `There is no delivery with the id ${id.slice(0, 64)} in the ${realm.world} world.`,
    );
  }

  /** What was sent, made again; empty where the event is gone. */
  async function bodyOf(row: DeliveryRow, work: DeliveryWork): Promise<string> {
    if (row.event === null) return textOf(payloads.sample(row.event_name));
    const opened = await openWork(sealer, work);
    return opened ? textOf(payloads.of(familyOf(row.event_name), opened)) : '';
  }

  async function logOf(row: DeliveryRow): Promise<DeliveryAttempt[]> {
    const work = (await selectWork(db, [row.id])).get(row.id);
    const attempts = await selectAttempts(db, row.id);
    if (work === undefined || attempts.length === 0) return [];
    const body = await bodyOf(row, work);
    return Promise.all(
      attempts.map(async ({ id, number, at, outcome, status, milliseconds, exchange_sealed }) => {
        const kept =
          exchange_sealed && (await openOwned<Exchange>(sealer, work, exchangeField(id), exchange_sealed));
        return {
          number,
          at,
          outcome,
          status: status ?? undefined,
          milliseconds,
          exchange: kept ? { request: { ...kept.request, body }, response: kept.response } : undefined,
        };
      }),
    );
  }

  /** Throws CONFLICT where there is nothing to send it to, or nothing to send. */
  async function resendable(row: DeliveryRow): Promise<DeliveryWork & { event: string }> {
    const to = await endpoints.open(row.endpoint as DeliveryWork['endpoint']);
    if (to === undefined) throw new Problem('CONFLICT', `The endpoint ${row.endpoint} was removed.`);
    if (to.endpoint.state.is === 'disabled')
      throw new Problem(
        'CONFLICT',
        `The endpoint ${row.endpoint} is disabled (${to.endpoint.state.reason}): enable it first.`,
      );
    const work = (await selectWork(db, [row.id])).get(row.id);
    if (work?.event == null)
      throw new Problem('CONFLICT', 'This was a test: send another one with “webhook test”.');
    const opened = await openWork(sealer, work);
    if (opened === undefined)
      throw new Problem(
        'CONFLICT',
        'The event is older than the term of deliveries, and is not kept any more.',
      );
    const payload = payloads.of(to.endpoint.family, opened);
    if (payload.is === 'body') return { ...work, event: work.event };
    throw new Problem(
      'CONFLICT',
      opened.is === 'erased'
        ? 'The person it tells of was erased.'
        : `There is nothing to send: ${payload.reason}.`,
    );
  }

  return {
    list: (realm, query) => selectDeliveries(db, realm, query),

    async get(realm, id, actor) {
      const row = await rowOf(realm, id);
      const log = await logOf(row);
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'delivery.read',
          organization: realm.organization,
          target: row.id,
          details: { world: realm.world, ...(row.subject === null ? {} : { subject: row.subject }) },
        }),
      );
      return { ...toDelivery(row), log };
    },

    async resend(realm, id, actor) {
      const row = await rowOf(realm, id);
      const work = await resendable(row);
      const again = ids.next('delivery');
      const url = await resealUrl(work, again);
      await inTransaction(async (tx) => {
        await queueDeliveries({ tx, jobs, now: clock.now() }, [
          {
            id: again,
            ...realm,
            endpoint: work.endpoint,
            event: work.event,
            name: work.name,
            subject: work.subject,
            origin: 'resend',
            ...(url && { url }),
            lane: work.lane,
          },
        ]);
        await audit.add(tx, {
          actor,
          action: 'delivery.resend',
          organization: realm.organization,
          target: again,
          details: { world: realm.world, of: row.id, endpoint: row.endpoint },
        });
      });
      jobs.wake();
      return toDelivery((await selectDelivery(db, realm, again))!);
    },

    replay: createReplay(deps),
    test: createTestDelivery(deps),
  };

  /** A sealed value opens in its own row alone. */
  async function resealUrl(work: DeliveryWork, id: DeliveryId): Promise<Uint8Array | undefined> {
    if (work.url === null) return undefined;
    const kept = await openOwned<{ url: string }>(sealer, work, urlField(work.id), work.url);
    if (kept === undefined) throw new Problem('CONFLICT', 'Where it went is not known any more.');
    return sealOwned(sealer, work, urlField(id), kept);
  }
}

export const createEventLog = ({ db }: { db: Db }): EventLog => ({
  async list(realm, query) {
    const rows = await selectEventLog(db, realm, query);
    return rows.map(({ payload, ...row }) => ({ ...row, payload: readPayload(payload) }));
  },
});

/** A damaged one is shown as empty. */
function readPayload(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Of `<family>.<event>`. */
const familyOf = (name: string) => name.slice(0, name.indexOf('.')) as Family;

const textOf = (payload: ReturnType<Payloads['sample']>): string =>
  payload.is === 'body' ? new TextDecoder().decode(payload.body) : '';
