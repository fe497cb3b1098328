import { createEventsOut } from '../../service/compose/events-out.ts';
import { receiversOf } from '../../service/compose/live/behavior.ts';
import {
  createBehaviorChallenges,
  createHeartbeats,
  createVerdicts,
} from '../../service/engine/behavior/index.ts';
import { createDeliveryQueue, createRecurringWorks } from '../../service/engine/events/index.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import type { Outgoing } from '../../service/outgoing/outgoing.ts';
import { challengePictures, type Engine } from './engine.ts';

/** Every name resolves to one public address, and every POST succeeds. */
const receiver: Outgoing = {
  resolve: async () => ['93.184.215.14'],
  post: async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: 'thanks',
    truncated: false,
  }),
  mail: async () => undefined,
  close: async () => undefined,
};

/** What sends events out, over an engine's database; deliveries are added and not sent, `relay` passes on what happened so far. */
export async function openEventsOut(engine: Engine, outgoing: Outgoing = receiver) {
  const shared = { ...engine, log, outgoing };
  const out = await createEventsOut({
    ...shared,
    own: () => ({ machine: [], ports: [], elsewhere: [] }),
    queue: createDeliveryQueue({ ...shared, owner: 'test', chance: () => 0.5 }),
    recurring: createRecurringWorks({ ...shared, owner: 'test' }),
    mail: undefined,
    readings: {
      diskFree: async () => 100_000,
      padMissing: async () => false,
      backupTroubles: () => [],
      sweepWaiting: async () => undefined,
      alteredRows: () => [],
    },
  });
  await out.alerts.load();
  const verdicts = createVerdicts({
    ...engine,
    log,
    events: out.events,
    settings: engine.behaviorSettings,
    receives: receiversOf(out.webhooks, out.alerts),
  });
  const behavior = { ...engine, verdicts, pictures: challengePictures };
  return {
    ...out,
    verdicts,
    behaviorChallenges: createBehaviorChallenges(behavior),
    heartbeats: createHeartbeats(behavior),
    relay: () => out.relay.relay(),
  };
}

export type EventsOut = Awaited<ReturnType<typeof openEventsOut>>;
