import { webhookDialects } from '../../service/compose/events.ts';
import {
  createDeliveryQueue,
  createEventDelivery,
  createEvents,
  createJobs,
  createRecurringWorks,
  type Destinations,
  type Endpoint,
  type NewEndpoint,
  type PayloadDialect,
} from '../../service/engine/events/index.ts';
import { createIds, type EventId, type SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { Outgoing, OutgoingReply, OutgoingRequest } from '../../service/outgoing/outgoing.ts';
import { onlyRun } from '../../service/storage/runs.ts';
import { type Engine, operator } from './engine.ts';
import { createFakeTime, type FakeTime, until } from './fake-time.ts';
import { watchDatabase } from './watch-database.ts';
import { openDestinations, openWebhooks } from './webhooks.ts';

/** What was posted, and what answers it. */
export interface Posted extends OutgoingRequest {
  /** `webhook-id` */
  id: string;
  /** Of the fake clock. */
  at: number;
  json: Record<string, unknown>;
}

export const answer = (status: number, headers: Record<string, string> = {}, body = ''): OutgoingReply => ({
  status,
  headers,
  body,
  truncated: false,
});

/**
 * Events on their way out over an engine's database, with a queue that runs: time passes by `time.advance` alone, and the relay looks
 * when something happened. `reply` is asked instead of the network, unless `outgoing` is given.
 */
export async function openEventStack(
  engine: Engine,
  {
    reply = async () => answer(200),
    outgoing,
    underWay,
    destinations = openDestinations(),
    alerts,
    inDialect = (dialect) => dialect,
  }: {
    reply?: (posted: Posted) => Promise<OutgoingReply>;
    outgoing?: (time: FakeTime) => Pick<Outgoing, 'post'>;
    /** Something is on its way outside: time waits for it. */
    underWay?: () => boolean;
    destinations?: Pick<Destinations, 'check'>;
    alerts?: Parameters<typeof createEventDelivery>[0]['alerts'];
    /** Wraps each family's dialect. */
    inDialect?: (dialect: PayloadDialect) => PayloadDialect;
  } = {},
) {
  const { inTransaction, atRest } = watchDatabase(engine, underWay);
  const time = createFakeTime(engine.clock.now(), atRest);
  const { clock } = time;
  let made = 0;
  const ids = createIds(clock, (into) => new DataView(into.buffer).setUint32(12, ++made));
  const posted: Posted[] = [];
  const problems: { fields: object; message: string }[] = [];
  const report = (fields: object, message: string) => void problems.push({ fields, message });
  const log = { ...silentLog, warn: report, error: report };
  const shared = {
    ...engine,
    inTransaction,
    clock,
    ids,
    log,
    dialects: webhookDialects.map(inDialect),
    destinations,
  };
  const events = createEvents(shared);
  const webhooks = openWebhooks(shared, destinations, log);
  await webhooks.load();
  const own = { ...shared, runs: onlyRun('stack'), timer: time.timer };
  const queue = createDeliveryQueue({ ...own, chance: () => 0 });
  const recurring = createRecurringWorks(own);
  const delivery = createEventDelivery({
    ...shared,
    events,
    webhooks,
    queue,
    ...(alerts && { alerts }),
    version: '1.2.3',
    timer: { after: () => () => {} },
    outgoing: outgoing?.(time) ?? {
      async post(request) {
        const text = new TextDecoder().decode(request.body);
        const one = {
          ...request,
          id: request.headers['webhook-id']!,
          at: clock.now(),
          json: JSON.parse(text) as Record<string, unknown>,
        };
        posted.push(one);
        return reply(one);
      },
    },
  });
  recurring.add('deliveries-prune', { every: 3_600_000, run: () => delivery.deliveryUpkeep.prune() });
  const jobs = createJobs({ ...shared, queue, recurring, byHand: delivery.byHand });
  const realm = { organization: engine.organization, world: 'live' } as const;
  const stack = {
    ...delivery,
    clock,
    time,
    events,
    webhooks,
    jobs,
    queue,
    realm,
    posted,
    /** Warnings and errors of the log. */
    problems,
    async start() {
      await queue.start();
      await recurring.start();
      delivery.relay.start();
    },
    addEndpoint: async (more: Partial<NewEndpoint> = {}): Promise<Endpoint> =>
      (
        await webhooks.add(
          realm,
          { family: 'identity', url: 'https://hooks.example.org/in', ...more },
          operator,
        )
      ).endpoint,
    /** Verifications that failed, one event each, in one transaction. */
    refuse: (count = 1, from = 0): Promise<EventId[]> =>
      inTransaction(async (tx) => {
        const added: EventId[] = [];
        for (let i = from; i < from + count; i++) {
          const payload = {
            verification: `ver_${i}`,
            kind: '1:1',
            profile: 'p',
            actor: 'key:k',
            notPassed: [] as string[],
          } as const;
          added.push(await events.add(tx, { type: 'verification.refused', ...realm, payload }));
        }
        return added;
      }),
    /** A person who can be erased, with an `enrolled` event. */
    async person(): Promise<SubjectId> {
      const subject = ids.next('subject');
      await engine.sealer.createPerson(realm.organization, subject);
      return subject;
    },
    enrolled: (subject: SubjectId, email = 'ada@example.com'): Promise<EventId> =>
      inTransaction((tx) =>
        events.add(tx, {
          type: 'subject.enrolled',
          ...realm,
          payload: { subject, created: true, enrollment: 'enr_1' },
          personal: { subject, values: { email } },
        }),
      ),
    /** The clock goes on by a second or more, and what is due by then is done. */
    async pass(milliseconds: number): Promise<void> {
      time.jump(milliseconds - 1_000);
      // Within a second the queue notices.
      await time.advance(1_000);
      await stack.settled();
    },
    rows: () => engine.db.selectFrom('delivery').selectAll().orderBy('id').execute(),
    /** Nothing waits to be passed on, and nothing that is due waits for its attempt. */
    async settled(): Promise<void> {
      await until(async () => {
        await time.advance(0);
        const open = await engine.db
          .selectFrom('outbox')
          .select('id')
          .where('relayed_at', 'is', null)
          .executeTakeFirst();
        const due = await engine.db
          .selectFrom('delivery')
          .select('id')
          .where('next_at', '<=', clock.now())
          .executeTakeFirst();
        const recurring = await engine.db
          .selectFrom('recurring_work')
          .select('kind')
          .where(({ or, eb }) => or([eb('claimed_by', 'is not', null), eb('next_at', '<=', clock.now())]))
          .executeTakeFirst();
        // The engine's own parts add events without a wake.
        if (open) delivery.relay.wake();
        return open === undefined && due === undefined && recurring === undefined;
      });
    },
    async stop(): Promise<void> {
      await delivery.relay.stop();
      const stopped = Promise.all([queue.stop(), recurring.stop()]);
      let over = false;
      void stopped.finally(() => {
        over = true;
      });
      while (!over) await time.advance(5_000);
      await stopped;
    },
  };
  return stack;
}

export type EventStack = Awaited<ReturnType<typeof openEventStack>>;
