import { randomFillSync } from 'node:crypto';
import { behaviorEvents } from '../doors/behavior/webhook-events.ts';
import { hostedEvents } from '../doors/hosted/webhook-events.ts';
import { identityEvents } from '../doors/identity/webhook-events.ts';
import { registrationsEvents } from '../doors/registrations/webhook-events.ts';
import { sessionsEvents } from '../doors/sessions/webhook-events.ts';
import { type Alerts, type AlertsDeps, createAlerts } from '../engine/appliance/index.ts';
import type { Actor } from '../engine/audit/index.ts';
import {
  createDestinations,
  createEventDelivery,
  createEvents,
  createGrants,
  createWebhooks,
  type Destinations,
  type EndpointWebhooks,
  type EventDelivery,
  type EventDeliveryDeps,
  type Events,
  type Grants,
  type OwnPlaces,
  type PayloadDialect,
  type Relay,
} from '../engine/events/index.ts';
import type { OrganizationId } from '../lib/id.ts';
import { productVersion } from '../lib/version.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import type { Sealer } from '../storage/sealing/sealed.ts';
import type { RowIntegrity } from '../storage/transaction.ts';

/** Delivery of events: allowed destinations, webhooks, alert rules and the relay. */
export interface EventsOut extends EventDelivery {
  events: Events;
  grants: Grants;
  destinations: Destinations;
  webhooks: EndpointWebhooks;
  alerts: Alerts;
}

interface EventsOutDeps extends Omit<AlertsDeps, 'destinations' | 'events' | 'queue'> {
  queue: EventDeliveryDeps['queue'];
  sealer: Sealer;
  integrity: RowIntegrity;
  outgoing: Outgoing;
  /** Called after each attempt to deliver a webhook. */
  observed?: (attempt: { outcome: string; milliseconds: number }) => void;
  /** Addresses of this appliance: never a destination. */
  own: () => OwnPlaces | Promise<OwnPlaces>;
}

/** Registers what sends deliveries. Nothing is relayed before `relay.start`; no alert rule is evaluated before `alerts.load`. */
export async function createEventsOut(deps: EventsOutDeps): Promise<EventsOut> {
  let relay: Relay | undefined;
  const events = createEvents({ ...deps, added: () => relay?.wake() });
  const grants = createGrants(deps);
  const destinations = createDestinations({ ...deps, grants });
  const shared = { ...deps, events, destinations, dialects: webhookDialects };
  const webhooks = createWebhooks({ ...shared, random: randomFillSync });
  await webhooks.load();
  const alerts = createAlerts(shared);
  const delivery = createEventDelivery({ ...shared, webhooks, alerts, version: productVersion() });
  relay = delivery.relay;
  return { ...delivery, events, grants, destinations, webhooks, alerts };
}

/** Before the organization's secrets are destroyed. It may be called again. */
export async function endEventsOut(
  { alerts, webhooks, grants }: Pick<EventsOut, 'alerts' | 'webhooks' | 'grants'>,
  organization: OrganizationId,
  actor: Actor,
): Promise<void> {
  await alerts.end(organization, actor);
  await webhooks.removeAll(organization, actor);
  for (const { id, revoked } of await grants.list(organization)) {
    if (!revoked) await grants.revoke(organization, id, actor);
  }
}

/** Every family's payloads: what the engine translates deliveries with, and what the catalog shows. */
export const webhookDialects: readonly PayloadDialect[] = [
  identityEvents,
  sessionsEvents,
  behaviorEvents,
  hostedEvents,
  registrationsEvents,
];
