import {
  type Alerts,
  type AlertsDeps,
  createAlerts,
  type GaugeReadings,
  type MailServer,
} from '../../service/engine/appliance/index.ts';
import type {
  DeliveryHandler,
  DeliveryKind,
  EventPayloads,
  EventRealm,
  NewDelivery,
  RecordedEvent,
} from '../../service/engine/events/index.ts';
import type { SubjectId, World } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { OutgoingMail } from '../../service/outgoing/outgoing.ts';
import type { DatabaseLocation } from '../../service/storage/connection.ts';
import type { Tx } from '../../service/storage/transaction.ts';
import { startEngine } from './engine.ts';

export const MINUTE = 60_000;
export const ada = 'sub_00000000000000000000000ada' as SubjectId;
export const bea = 'sub_00000000000000000000000bea' as SubjectId;
/** A person whose key is lost. */
export const keyless = 'sub_000000000000000000keyless0' as SubjectId;
export const server: MailServer = { host: 'mail.lan', port: 25, secure: false, from: 'box@example.com' };

type Refused = EventPayloads['verification.refused'];

/** Alerts over an engine's database, and what they add, mail and look at, in the hands of the test. */
export async function startAlerting(location: DatabaseLocation) {
  const engine = await startEngine({ location });
  const realm = (world: World = 'live') => ({ organization: engine.organization, world });
  const at = {
    engine,
    realm,
    queued: [] as NewDelivery[],
    handlers: new Map<DeliveryKind, DeliveryHandler<never>>(),
    mails: [] as OutgoingMail[],
    mailFails: undefined as Error | undefined,
    box: {
      diskFree: 10_000,
      certificateDays: 90,
      padMissing: false,
      backupTroubles: [] as string[],
      sweepWaiting: undefined as string | undefined,
      alteredRows: [] as string[],
      nodeTroubles: [] as string[],
    },
    readings: (): Required<GaugeReadings> => ({
      diskFree: async () => at.box.diskFree,
      certificateDays: () => at.box.certificateDays,
      padMissing: async () => at.box.padMissing,
      backupTroubles: () => at.box.backupTroubles,
      sweepWaiting: async () => at.box.sweepWaiting,
      alteredRows: () => at.box.alteredRows,
      otherNodes: async () => [],
      nodeTroubles: async () => at.box.nodeTroubles,
    }),
    alerts: undefined as unknown as Alerts,
    /** As after a start: over the same database, with empty memory. */
    async open(over: Partial<AlertsDeps> = {}): Promise<void> {
      at.handlers.clear();
      at.alerts = createAlerts({
        ...engine,
        queue: {
          add: async (_, added) => void at.queued.push(...added),
          wake() {},
          handle: (kind, handler) => void at.handlers.set(kind, handler as DeliveryHandler<never>),
        },
        recurring: { add() {} },
        destinations: {
          checkHost: async (_, { host, port, secure }) => ({ host, port, secure, addresses: ['10.0.0.9'] }),
        },
        outgoing: {
          async mail(message) {
            if (at.mailFails) throw at.mailFails;
            at.mails.push(message);
          },
        },
        profiles: engine.profiles,
        mail: server,
        readings: at.readings(),
        log: silentLog,
        ...over,
      });
      await at.alerts.load();
    },
    payload: (over: Partial<Refused> = {}): Refused => ({
      verification: 'ver_1',
      kind: '1:1',
      profile: 'prof_1',
      profileSlug: 'default',
      actor: 'key:key_1',
      notPassed: [],
      ...over,
    }),
    refuse: (over: Partial<Refused> = {}, world: World = 'live') =>
      engine.inTransaction((tx) =>
        engine.events.add(tx, { type: 'verification.refused', ...realm(world), payload: at.payload(over) }),
      ),
    /** What the relay does with what waits in the outbox; `after` may fail it. */
    async relay(after: (tx: Tx) => Promise<void> = async () => {}): Promise<void> {
      await engine.inTransaction(async (tx) => {
        const waiting = tx.selectFrom('outbox').selectAll().where('relayed_at', 'is', null).orderBy('seq');
        const events = (await waiting.execute()).map(
          ({ id, type, organization, world, created_at, payload }) =>
            ({
              id,
              type,
              organization,
              world,
              at: created_at,
              payload: JSON.parse(payload),
            }) as RecordedEvent,
        );
        await at.alerts.watch(tx, events);
        await after(tx);
        await tx
          .updateTable('outbox')
          .set({ relayed_at: engine.clock.now() })
          .where('relayed_at', 'is', null)
          .execute();
      });
    },
    async refusals(count: number, over: Partial<Refused> = {}): Promise<void> {
      for (let i = 0; i < count; i++) await at.refuse(over);
      await at.relay();
    },
    /** Newest first. */
    async fired(world: World = 'live') {
      const alerts = await at.alerts.list(realm(world), { limit: 100 });
      return alerts.map(({ metric, about, value }) => ({ metric, about, value }));
    },
    /** Oldest first. */
    rules: async (of: EventRealm = realm()) => (await at.alerts.pageRules(of, { limit: 200 })).toReversed(),
    /** What stands in the audit log of alerts, with who did it. */
    async actions(): Promise<string[]> {
      const lines = await engine.db
        .selectFrom('audit')
        .select(['action', 'actor'])
        .where('action', 'like', 'alert%')
        .orderBy('seq')
        .execute();
      return lines.map(({ action, actor }) => `${action} ${actor}`);
    },
    /** Payloads of the events of alerts. */
    async alertEvents(): Promise<Record<string, unknown>[]> {
      const rows = await engine.db
        .selectFrom('outbox')
        .select(['payload'])
        .where('type', '=', 'alert.triggered')
        .orderBy('seq')
        .execute();
      return rows.map(({ payload }) => JSON.parse(payload));
    },
  };
  for (const id of [ada, bea, keyless]) {
    if (id !== keyless) await engine.sealer.createPerson(engine.organization, id);
    await engine.db
      .insertInto('subject')
      .values({ id, ...realm(), email_hash: null, created_at: 1, updated_at: 1, ...nothingSealed })
      .execute();
  }
  await at.open();
  return at;
}

const nothingSealed = { email_sealed: null, name_sealed: null };

export type Alerting = Awaited<ReturnType<typeof startAlerting>>;
