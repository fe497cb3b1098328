import { setImmediate as pause } from 'node:timers/promises';
import { time } from './record-sections.ts';
import type { createSubjectRecordStore } from './subject-record-store.ts';

type Store = ReturnType<typeof createSubjectRecordStore>;
type Of = Parameters<Store['deliveries']>[0];

const decoder = new TextDecoder();
const json = (plain: Uint8Array | undefined): unknown => plain && JSON.parse(decoder.decode(plain));

/** What others were told of the person: deliveries with what was sent and answered, and alerts. Read in pages. */
export function createOutgoingSections({ store }: { store: Store }) {
  return {
    async deliveries(of: Of, tell: (field: string) => void) {
      const read = [];
      for await (const page of store.deliveries(of)) {
        const attempts = await store.attempts(page.map(({ id }) => id));
        const exchanges = await store.open(
          of,
          attempts.map((row) => ({
            id: row.id,
            field: `webhook_attempt.exchange/${row.id}`,
            sealed: row.exchange_sealed,
          })),
          tell,
        );
        const urls = await store.open(
          of,
          page.map((row) => ({
            id: row.id,
            field: `webhook_delivery.url/${row.id}`,
            sealed: row.url_sealed,
          })),
          tell,
        );
        const ofDelivery = Map.groupBy(attempts, ({ delivery }) => delivery);
        for (const row of page) {
          read.push({
            id: row.id,
            event: row.event ?? undefined,
            name: row.event_name,
            endpoint: row.endpoint,
            origin: row.origin,
            url: json(urls.get(row.id)),
            state: row.state,
            reason: row.state_reason ?? undefined,
            at: time(row.created_at),
            finishedAt: time(row.finished_at),
            attempts: (ofDelivery.get(row.id) ?? []).map(
              ({ id, number, at, outcome, status, milliseconds }) => ({
                number,
                at: time(at),
                outcome,
                status: status ?? undefined,
                milliseconds,
                exchange: json(exchanges.get(id)),
              }),
            ),
          });
        }
        await pause();
      }
      return read;
    },

    async alerts(of: Of) {
      const read = [];
      for await (const page of store.alerts(of)) {
        for (const row of page) {
          read.push({
            id: row.id,
            rule: row.name,
            metric: row.metric,
            value: row.value,
            threshold: row.threshold,
            at: time(row.fired_at),
            acknowledgedAt: time(row.acknowledged_at),
            acknowledgedBy: row.acknowledged_by ?? undefined,
          });
        }
        await pause();
      }
      return read;
    },
  };
}
