import type { ServedCertificate } from '../certificate/served-certificate.ts';
import type { Administrators, Idempotency, PersonTokens } from '../engine/accounts/index.ts';
import type { Backups, KeyCopyFolders, RecordIntegrity } from '../engine/appliance/index.ts';
import type { BehaviorChallenges, Heartbeats, Verdicts } from '../engine/behavior/index.ts';
import type { EventDelivery, RecurringWorks, Work, WorkKind } from '../engine/events/index.ts';
import type { Orders, Sessions } from '../engine/live/index.ts';
import type { GalleryCalibrations, RefusedPictures } from '../engine/matching/index.ts';
import type { Erasure, Retention, Subjects } from '../engine/people/index.ts';
import type { Reviews, Uniqueness } from '../engine/uniqueness/index.ts';

export interface RecurringWorkDeps {
  recurring: Pick<RecurringWorks, 'add'>;
  retention: Pick<Retention, 'maintain' | 'doubtsClock'>;
  backups: Pick<Backups, 'runDue' | 'runDrills'>;
  keyCopyFolders: Pick<KeyCopyFolders, 'sync'>;
  erasure: Pick<Erasure, 'erase' | 'retry'>;
  calibrations: Pick<GalleryCalibrations, 'maintain'>;
  administrators: Pick<Administrators, 'tidy'>;
  recordIntegrity: Pick<RecordIntegrity, 'maintain'>;
  reviews: Pick<Reviews, 'eraseDue'>;
  uniqueness: Pick<Uniqueness, 'expireDue' | 'sweep'>;
  liveSessions: Pick<Sessions, 'expireDue' | 'sweep'>;
  orders: Pick<Orders, 'expireDue'>;
  verdicts: Pick<Verdicts, 'sweep'>;
  behaviorChallenges: Pick<BehaviorChallenges, 'expireDue' | 'sweep'>;
  heartbeats: Pick<Heartbeats, 'sweep'>;
  deliveryUpkeep: EventDelivery['deliveryUpkeep'];
  idempotency: Pick<Idempotency, 'sweep'>;
  personTokens: Pick<PersonTokens, 'sweep'>;
  refusedPictures: Pick<RefusedPictures, 'sweep'>;
  subjects: Pick<Subjects, 'sweepFormerAddresses'>;
}

const MINUTE = 60_000;

/** On each node: what it concerns is on its disk or in its memory, or is decided in the transaction that looks. */
const perNode: ReadonlySet<WorkKind> = new Set([
  'backups',
  'backup-drill',
  'certificate',
  'record-integrity',
  'sessions',
]);

/** The recurring work of the running service. A failed run is not repeated before its next time. */
export function addRecurringWork(
  {
    recurring,
    retention,
    backups,
    keyCopyFolders,
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
    idempotency,
    personTokens,
    refusedPictures,
    subjects,
  }: RecurringWorkDeps,
  /** None where the doors are not served over TLS. */
  certificate: Pick<ServedCertificate, 'reload'> | undefined,
): void {
  const add = (kind: WorkKind, every: number | undefined, run: Work['run']) =>
    recurring.add(kind, { every, perNode: perNode.has(kind), run });
  /** What cannot be brought back, or would count as new again: not by a clock that may be wrong. */
  const unlessInDoubt =
    (run: (signal: AbortSignal) => Promise<unknown>): Work['run'] =>
    async ({ signal }) => {
      if (!(await retention.doubtsClock())) await run(signal);
    };
  add('retention', 60 * MINUTE, () => retention.maintain());
  add('backups', MINUTE, () => backups.runDue());
  // Only when it is asked for.
  add('backup-drill', undefined, () => backups.runDrills());
  add('key-copies', MINUTE, () => keyCopyFolders.sync());
  add('erasures', MINUTE, () => erasure.retry());
  add('gallery-calibration', 10 * MINUTE, () => calibrations.maintain());
  add(
    'administrators',
    10 * MINUTE,
    unlessInDoubt(() => administrators.tidy()),
  );
  add('record-integrity', 10 * MINUTE, () => recordIntegrity.maintain());
  add(
    'reviews',
    10 * MINUTE,
    unlessInDoubt(() => reviews.eraseDue()),
  );
  add(
    'uniqueness',
    10 * MINUTE,
    unlessInDoubt(async () => {
      await uniqueness.expireDue();
      await uniqueness.sweep((realm, subject, order) => erasure.erase(realm, subject, order));
    }),
  );
  const expiring = [liveSessions, orders, behaviorChallenges];
  // Who asks for one that is over by the clock is refused, and it goes on once the clock is right again.
  add(
    'sessions',
    MINUTE,
    unlessInDoubt((signal) => Promise.all(expiring.map((one) => one.expireDue(signal)))),
  );
  add(
    'behavior-sweep',
    10 * MINUTE,
    unlessInDoubt((signal) =>
      Promise.all([
        verdicts.sweep(),
        behaviorChallenges.sweep(),
        heartbeats.sweep(),
        deliveryUpkeep.dropUndelivered(),
        idempotency.sweep(signal),
        liveSessions.sweep(signal),
        personTokens.sweep(signal),
        refusedPictures.sweep(signal),
        subjects.sweepFormerAddresses(signal),
      ]),
    ),
  );
  add(
    'deliveries-prune',
    60 * MINUTE,
    unlessInDoubt(() => deliveryUpkeep.prune()),
  );
  add('certificate', certificate && 10 * MINUTE, async () => certificate?.reload());
}
