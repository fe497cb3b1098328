import type { ServedCertificate } from '../certificate/served-certificate.ts';
import type { Administrators } from '../engine/accounts/index.ts';
import type { Backups, KeyPlaces, RecordIntegrity } from '../engine/appliance/index.ts';
import type { BehaviorChallenges, Heartbeats, Verdicts } from '../engine/behavior/index.ts';
import type { EventDelivery, RecurringWorks, WorkKind } from '../engine/events/index.ts';
import type { Orders, Sessions } from '../engine/live/index.ts';
import type { GalleryCalibrations } from '../engine/matching/index.ts';
import type { Erasure, Retention } from '../engine/people/index.ts';
import type { Reviews, Uniqueness } from '../engine/uniqueness/index.ts';
import type { Callers } from './audit.ts';
import type { Ground } from './base.ts';
import type { Erasing } from './erasing.ts';
import type { KeyCare } from './key-care.ts';
import type { LiveSessions } from './live/live-sessions.ts';
import type { Outbound } from './outbound.ts';
import type { People } from './people.ts';
import type { Pictures } from './pictures.ts';

export interface StandingWorkDeps {
  recurring: Pick<RecurringWorks, 'add'>;
  retention: Pick<Retention, 'tend'>;
  backups: Pick<Backups, 'runDue' | 'runDrills'>;
  keyPlaces: Pick<KeyPlaces, 'sync'>;
  erasure: Pick<Erasure, 'erase' | 'retry'>;
  calibrations: Pick<GalleryCalibrations, 'tend'>;
  administrators: Pick<Administrators, 'tidy'>;
  recordIntegrity: Pick<RecordIntegrity, 'tend'>;
  reviews: Pick<Reviews, 'eraseDue'>;
  uniqueness: Pick<Uniqueness, 'expireDue' | 'sweep'>;
  liveSessions: Pick<Sessions, 'expireDue'>;
  orders: Pick<Orders, 'expireDue'>;
  verdicts: Pick<Verdicts, 'sweep'>;
  behaviorChallenges: Pick<BehaviorChallenges, 'expireDue' | 'sweep'>;
  heartbeats: Pick<Heartbeats, 'sweep'>;
  deliveryUpkeep: Pick<EventDelivery['deliveryUpkeep'], 'dropUndelivered'>;
  /** None where the doors are not served over TLS. */
  certificate: Pick<ServedCertificate, 'reload'> | undefined;
}

const MINUTE = 60_000;

/**
 * The recurring work of the running service. A failed run is not repeated before its next time.
 */
export function addStandingWork({
  recurring,
  retention,
  backups,
  keyPlaces,
  erasure,
  calibrations,
  administrators,
  recordIntegrity,
  reviews,
  uniqueness,
  liveSessions,
  orders,
  verdicts,
  behaviorChallenges,
  heartbeats,
  deliveryUpkeep,
  certificate,
}: StandingWorkDeps): void {
  const standing = (kind: WorkKind, every: number | undefined, run: () => Promise<unknown>) =>
    recurring.add(kind, { every, run });
  standing('retention', 60 * MINUTE, () => retention.tend());
  standing('backups', MINUTE, () => backups.runDue());
  // Only when it is asked for.
  standing('backup-drill', undefined, () => backups.runDrills());
  standing('key-copies', MINUTE, () => keyPlaces.sync());
  standing('erasures', MINUTE, () => erasure.retry());
  standing('gallery-calibration', 10 * MINUTE, () => calibrations.tend());
  standing('administrators', 10 * MINUTE, () => administrators.tidy());
  standing('record-integrity', 10 * MINUTE, () => recordIntegrity.tend());
  standing('reviews', 10 * MINUTE, () => reviews.eraseDue());
  standing('uniqueness', 10 * MINUTE, async () => {
    await uniqueness.expireDue();
    await uniqueness.sweep((realm, subject, order) => erasure.erase(realm, subject, order));
  });
  const expiring = [liveSessions, orders, behaviorChallenges];
  standing('sessions', MINUTE, () => Promise.all(expiring.map((one) => one.expireDue())));
  standing('behavior-sweep', 10 * MINUTE, () =>
    Promise.all([
      verdicts.sweep(),
      behaviorChallenges.sweep(),
      heartbeats.sweep(),
      deliveryUpkeep.dropUndelivered(),
    ]),
  );
  standing('certificate', certificate && 10 * MINUTE, async () => certificate?.reload());
}

/** Reads what is kept in memory, and ends what an earlier run of the program left unfinished with people. */
export async function readPeople(
  { pictures, erasure, subjects, calibrations, behaviorLayers, consents }: Pictures & Erasing & People,
  { log }: Pick<Ground, 'log'>,
  { serves }: { serves: boolean },
): Promise<void> {
  // The workers load their models while the rest is read.
  const picturesReady = serves ? pictures().ready() : undefined;
  picturesReady?.catch(() => {});
  // Before the galleries: no person who was erased is read into them.
  await erasure.resume();
  // Not in a command that only reads: a sweep cannot be undone.
  const { swept } = serves ? await subjects.sweepKeys() : { swept: 0 };
  if (swept > 0) log.info({ swept }, 'destroyed keys left by enrollments that were cut short');
  await calibrations.load();
  await behaviorLayers.load();
  await consents.load();
  await Promise.all([subjects.loadGalleries(), picturesReady]);
  await calibrations.noticeAll();
}

/** Continues with the work of a service only. */
export async function resumeService({
  rotations,
  renewals,
  organizations,
  eventsOut,
  retention,
  liveSessions,
}: KeyCare & Callers & Pick<Outbound, 'eventsOut'> & Erasing & LiveSessions): Promise<void> {
  await rotations.resume();
  await renewals.resume((await organizations.list()).map(({ id }) => id));
  await eventsOut.alerts.load();
  await retention.checkClock();
  await liveSessions.takeOver();
}
