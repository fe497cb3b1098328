import { randomFillSync } from 'node:crypto';
import { createAlerts } from '../../service/engine/alerts/index.ts';
import {
  createDestinations,
  createEventDelivery,
  createGrants,
  createWebhooks,
} from '../../service/engine/events/index.ts';
import { createDatabaseDriver, createJobs } from '../../service/engine/jobs/index.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import type { Outgoing } from '../../service/outgoing/outgoing.ts';
import { webhookDialects as dialects } from '../../service/webhook-dialects.ts';
import type { Engine } from './engine.ts';

/** Every name is one public address, and whoever is posted to says thanks. */
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

/** What sends events out, over an engine's database; jobs are added and not run, `relay` passes on what happened so far. */
export async function openEventsOut(engine: Engine, outgoing: Outgoing = receiver) {
  const shared = { ...engine, log, dialects, outgoing };
  const own = () => ({ machine: [], ports: [], elsewhere: [] });
  const grants = createGrants({ ...shared, own });
  const destinations = createDestinations({ grants, outgoing, own });
  const jobs = createJobs({ ...shared, chance: () => 0.5, driver: createDatabaseDriver() });
  const webhooks = createWebhooks({
    ...shared,
    destinations,
    random: (into) => void randomFillSync(into),
  });
  await webhooks.load();
  const alerts = createAlerts({
    ...shared,
    jobs,
    destinations,
    mail: undefined,
    readings: { diskFree: async () => 100_000, padMissing: async () => false },
  });
  await alerts.load();
  const { relay, deliveries, eventLog } = createEventDelivery({
    ...shared,
    webhooks,
    destinations,
    jobs,
    alerts,
    version: 'test',
  });
  return { grants, webhooks, alerts, deliveries, eventLog, relay: () => relay.relay() };
}

export type EventsOut = Awaited<ReturnType<typeof openEventsOut>>;
