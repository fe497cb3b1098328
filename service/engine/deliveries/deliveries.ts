import type { Db } from '../../storage/transaction.ts';
import type { Family } from '../webhooks/index.ts';
import type { Exchange } from './attempt.ts';
import type { ChangeByHand } from './by-hand/change-by-hand.ts';
import { createReplay, type ReplayDeps } from './by-hand/replay.ts';
import { createResend, type ResendDeps } from './by-hand/resend-delivery.ts';
import { createTestDelivery, type TestDeliveryDeps } from './by-hand/test-delivery.ts';
import { openWork } from './deliver.ts';
import type { Deliveries, DeliveryAttempt, EventLog } from './delivery.ts';
import {
  type DeliveryRow,
  requireDelivery,
  selectAttempts,
  selectDeliveries,
  selectEventLog,
  toDelivery,
} from './delivery-store.ts';
import { type DeliveryWork, selectWork } from './delivery-work-store.ts';
import { createEndpointHealth, type EndpointHealthDeps } from './endpoint-health.ts';
import { exchangeField, openOwned } from './exchange-store.ts';
import type { Payloads } from './payload.ts';

export type DeliveriesDeps = TestDeliveryDeps &
  ReplayDeps &
  ResendDeps &
  EndpointHealthDeps & { byHand: Pick<ChangeByHand, 'tryWaiting'> };

export function createDeliveries(deps: DeliveriesDeps): Deliveries {
  const { db, inTransaction, sealer, payloads, audit, integrity } = deps;

  /** The body that was sent, built again; empty if the event was removed. */
  async function bodyOf(row: DeliveryRow, work: DeliveryWork): Promise<string> {
    if (row.event === null) return textOf(payloads.sample(row.event_name));
    const opened = await openWork(sealer, work);
    return opened ? textOf(payloads.of(familyOf(row.event_name), opened)) : '';
  }

  async function logOf(row: DeliveryRow): Promise<DeliveryAttempt[]> {
    const work = (await selectWork(db, integrity, [row.id])).get(row.id);
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

  return {
    ...createEndpointHealth(deps),
    list: (realm, query) => selectDeliveries(db, realm, query),

    async get(realm, id, actor) {
      const row = await requireDelivery(db, realm, id);
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

    resend: createResend(deps),
    replay: createReplay(deps),
    test: createTestDelivery(deps),
    tryWaiting: deps.byHand.tryWaiting,
  };
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

/** The family of `<family>.<event>`. */
const familyOf = (name: string) => name.slice(0, name.indexOf('.')) as Family;

const textOf = (payload: ReturnType<Payloads['sample']>): string =>
  payload.is === 'body' ? new TextDecoder().decode(payload.body) : '';
