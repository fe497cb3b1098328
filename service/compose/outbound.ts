import type { GaugeReadings } from '../engine/alerts/index.ts';
import type { Profiles } from '../engine/profiles/index.ts';
import { createOutgoing } from '../outgoing/create-outgoing.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';
import type { Callers } from './callers.ts';
import { createEventsOut, type EventsOut } from './events-out.ts';
import { createGaugeReadings, type GaugeReadingsDeps } from './gauges/gauge-readings.ts';
import { mailServerOf } from './mail-server.ts';
import type { Queue } from './open-queue.ts';
import { createOwnPlaces, type KnownOwnPlaces } from './own-places.ts';
import type { Pictures } from './pictures.ts';

export interface Outbound {
  eventsOut: EventsOut;
  ownPlaces: KnownOwnPlaces;
  readings: GaugeReadings;
}

/** Outgoing data: events, webhooks and alert mail, and their destinations. */
export async function openOutbound({
  config,
  ground,
  metrics,
  certificate,
  opened,
  audit,
  organizations,
  models,
  queue,
  recurring,
  profiles,
  ...late
}: { profiles: Profiles } & Base &
  Audited &
  Callers &
  Pick<Pictures, 'models'> &
  Pick<Queue, 'queue' | 'recurring'> &
  Pick<GaugeReadingsDeps, 'backupTroubles' | 'waitingSweeps' | 'altered'>): Promise<Outbound> {
  const outgoing = createOutgoing();
  opened.defer(() => outgoing.close());
  const ownPlaces = createOwnPlaces({ config, resolve: outgoing.resolve });
  const readings = createGaugeReadings({
    data: config.data,
    tlsCert: config.tlsCert,
    certificate,
    models,
    organizations,
    backupTroubles: late.backupTroubles,
    waitingSweeps: late.waitingSweeps,
    altered: late.altered,
    clock: ground.clock,
  });
  const eventsOut = await createEventsOut({
    ...ground,
    audit,
    organizations,
    profiles,
    queue,
    recurring,
    outgoing,
    own: ownPlaces.current,
    mail: mailServerOf(config),
    readings,
    observed: metrics.delivery,
  });
  return { eventsOut, ownPlaces, readings };
}
