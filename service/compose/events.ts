import { randomFillSync } from 'node:crypto';
import { behaviorEvents } from '../doors/behavior/webhook-events.ts';
import { hostedEvents } from '../doors/hosted/webhook-events.ts';
import { identityEvents } from '../doors/identity/webhook-events.ts';
import { registrationsEvents } from '../doors/registrations/webhook-events.ts';
import { sessionsEvents } from '../doors/sessions/webhook-events.ts';
import { type Alerts, createAlerts, type GaugeReadings } from '../engine/appliance/index.ts';
import type { Actor } from '../engine/audit/index.ts';
import {
  type ApplianceAddresses,
  createBoardLinks,
  createDeliveryQueue,
  createDestinations,
  createEventDelivery,
  createEvents,
  createGrants,
  createRecurringWorks,
  createRole,
  createWebhooks,
  ownRole,
  type PayloadDialect,
} from '../engine/events/index.ts';
import type { Profiles } from '../engine/matching/index.ts';
import type { OrganizationId } from '../lib/id.ts';
import { productVersion } from '../lib/version.ts';
import { createOutgoing } from '../outgoing/create-outgoing.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import { addressesOfNodes } from '../storage/postgres/nodes.ts';
import type { Accounts } from './accounts.ts';
import type { Foundation } from './foundation.ts';
import { createApplianceAddresses, mailServerOf } from './outbound.ts';

export type EventsOut = Awaited<ReturnType<typeof openEvents>>;

/** What happens in the box, where it may be sent to, and what recurs. Nothing runs until `queue.start` and `recurring.start`. */
export async function openEvents(foundation: Foundation) {
  const { config, db, inTransaction, integrity, audit, ids, clock, time, log, node, nodes, opened } =
    foundation;
  const { runs, leases, position } = foundation;
  const chance = Math.random;
  const queue = createDeliveryQueue({
    db,
    inTransaction,
    integrity,
    ids,
    clock,
    time,
    log,
    runs,
    chance,
    catchUp: position.catchUp,
  });
  const recurring = createRecurringWorks({ db, inTransaction, clock, time, log, runs, leases, position });
  const boardLinks = createBoardLinks({ inTransaction, audit, random: randomFillSync, tag: nodes?.here.tag });
  const outgoing = createOutgoing();
  opened.defer(() => outgoing.close());
  const applianceAddresses = createApplianceAddresses({
    config,
    resolve: outgoing.resolve,
    nodes: node && (() => addressesOfNodes(db)),
  });
  const mail = mailServerOf(config);
  const { current: own } = applianceAddresses;
  const { events, grants, destinations, webhooks } = await createReceivers(foundation, { outgoing, own });
  return {
    queue,
    recurring,
    boardLinks,
    outgoing,
    applianceAddresses,
    mail,
    events,
    grants,
    destinations,
    webhooks,
  };
}

type ReceiversParts = Pick<
  Foundation,
  'db' | 'inTransaction' | 'sealer' | 'integrity' | 'audit' | 'ids' | 'clock' | 'log'
>;

/** Events, and those they may be sent to; never to `own`, the addresses of this appliance. */
export async function createReceivers(
  { db, inTransaction, sealer, integrity, audit, ids, clock, log }: ReceiversParts,
  { outgoing, own }: { outgoing: Outgoing; own: () => ApplianceAddresses | Promise<ApplianceAddresses> },
) {
  const events = createEvents({ sealer, ids, clock });
  const grants = createGrants({ db, inTransaction, integrity, audit, ids, clock, log, own });
  const destinations = createDestinations({ grants, outgoing, own });
  const webhooks = createWebhooks({
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    log,
    destinations,
    dialects: webhookDialects,
    random: randomFillSync,
  });
  await webhooks.load();
  return { events, grants, destinations, webhooks };
}

/** Registers what sends deliveries. Nothing is relayed before `relay.start`; no alert rule is evaluated before `alerts.load`. */
export function createDelivery(
  foundation: Foundation,
  { organizations }: Accounts,
  { events, webhooks, destinations, outgoing, mail, queue, recurring }: EventsOut,
  { profiles, readings }: { profiles: Profiles; readings: GaugeReadings },
) {
  const { db, inTransaction, sealer, integrity, audit, ids, clock, locks, log, runs, metrics } = foundation;
  const alerts = createAlerts({
    db,
    inTransaction,
    audit,
    ids,
    clock,
    log,
    organizations,
    profiles,
    events,
    queue,
    recurring,
    destinations,
    outgoing,
    mail,
    readings,
  });
  const delivery = createEventDelivery({
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    locks,
    log,
    events,
    webhooks,
    alerts,
    destinations,
    dialects: webhookDialects,
    outgoing,
    queue,
    role: runs.node === '' ? ownRole : createRole('relay', foundation, alerts.load),
    observed: metrics.delivery,
    version: productVersion(),
  });
  return { alerts, delivery };
}

/** Before the organization's secrets are destroyed. It may be called again. */
export async function endEventsOut(
  { alerts, webhooks, grants }: { alerts: Alerts } & Pick<EventsOut, 'webhooks' | 'grants'>,
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
