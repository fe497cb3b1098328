import { receiversOf } from '../../service/compose/behavior.ts';
import { createReceivers, webhookDialects } from '../../service/compose/events.ts';
import { insertTokenUse } from '../../service/engine/accounts/index.ts';
import { createAlerts } from '../../service/engine/appliance/index.ts';
import {
  createBehaviorChallenges,
  createHeartbeats,
  createVerdicts,
} from '../../service/engine/behavior/index.ts';
import {
  createDeliveryQueue,
  createEventDelivery,
  createRecurringWorks,
} from '../../service/engine/events/index.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import { productVersion } from '../../service/lib/version.ts';
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
  const own = () => ({ machine: [], ports: [], elsewhere: [] });
  const receivers = await createReceivers({ ...engine, log }, { outgoing, own });
  const shared = { ...engine, ...receivers, log, outgoing };
  const queue = createDeliveryQueue({ ...shared, chance: () => 0.5 });
  const recurring = createRecurringWorks(shared);
  const alerts = createAlerts({
    ...shared,
    queue,
    recurring,
    mail: undefined,
    readings: {
      diskFree: async () => 100_000,
      padMissing: async () => false,
      backupTroubles: () => [],
      sweepWaiting: async () => undefined,
      alteredRows: () => [],
      nodeTroubles: async () => [],
    },
  });
  const delivery = createEventDelivery({
    ...shared,
    queue,
    alerts,
    dialects: webhookDialects,
    version: productVersion(),
  });
  await alerts.load();
  const verdicts = createVerdicts({
    ...engine,
    log,
    events: receivers.events,
    settings: engine.behaviorSettings,
    receives: receiversOf(receivers.webhooks, alerts),
    use: insertTokenUse,
  });
  const behavior = { ...engine, verdicts, pictures: challengePictures };
  return {
    ...receivers,
    ...delivery,
    alerts,
    verdicts,
    behaviorChallenges: createBehaviorChallenges(behavior),
    heartbeats: createHeartbeats(behavior),
    relay: () => delivery.relay.relay(),
  };
}

export type EventsOut = Awaited<ReturnType<typeof openEventsOut>>;
