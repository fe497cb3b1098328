import { availableParallelism } from 'node:os';
import { readRestoreMarker, removeRestoreMarker } from '../backup/finish-restore.ts';
import type { ServedCertificate } from '../certificate/served-certificate.ts';
import type { Config } from '../config.ts';
import { openDirectory } from '../data-directory/open-directory.ts';
import type { ApplianceStatus } from '../doors/meta/index.ts';
import { type Access, createAccess } from '../engine/access/index.ts';
import {
  type Actor,
  type AuditLog,
  applianceIdentity,
  createAudit,
  createAuditLog,
} from '../engine/audit/index.ts';
import { type Backups, createBackups } from '../engine/backups/index.ts';
import { type Consents, createConsents, createHolds, type Holds, isHeld } from '../engine/consent/index.ts';
import {
  createErasure,
  createOrganizationErasure,
  type Erasure,
  type OrganizationErasure,
} from '../engine/erasure/index.ts';
import { createGalleryCalibrations, type GalleryCalibrations } from '../engine/gallery-calibration/index.ts';
import {
  createKeyCustody,
  createKeyPlaces,
  createTemplateRenewals,
  type KeyCustody,
  type KeyPlaces,
  type TemplateRenewals,
} from '../engine/keys/index.ts';
import { createLimits, type Limits } from '../engine/limits/index.ts';
import { createModels, type Models } from '../engine/models/index.ts';
import { createOrganizations, type Organizations } from '../engine/organizations/index.ts';
import { createProfiles } from '../engine/profiles/index.ts';
import { createRetention, type Retention } from '../engine/retention/index.ts';
import { createSubjectRecords, type SubjectRecords } from '../engine/subject-record/index.ts';
import { createSubjects, createTemplatePages, type Subjects } from '../engine/subjects/index.ts';
import { type Checks, createChecks, createProbePages } from '../engine/verification/index.ts';
import { listenPolicy } from '../http/listening/listen-policy.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import type { FaceAnalyzer } from '../inference/face.ts';
import { crossScoresInThread } from '../inference/gallery/cross-scores.ts';
import { createGalleries } from '../inference/gallery/galleries.ts';
import { describeDamage, openModelLibrary } from '../inference/models/model-library.ts';
import { createFaceAnalyzer, type RunningFaceAnalyzer } from '../inference/workers/face-analyzer.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createIds, type Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { createOutgoing } from '../outgoing/create-outgoing.ts';
import { createOrganizationRotations } from '../storage/keys/rotate-organization.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import { createMasterCare } from '../storage/master/master-care.ts';
import type { Unlock } from '../storage/master/open-master.ts';
import type { OlderSchema } from '../storage/migrate.ts';
import { createStatus } from './appliance-status.ts';
import { createBackupFiles } from './backup-files.ts';
import { createEventsOut, type EventsOut, endEventsOut } from './events-out.ts';
import { createGaugeReadings } from './gauge-readings.ts';
import { mailServerOf } from './mail-server.ts';
import { createMetricGauges } from './metric-gauges.ts';
import { modelPaths } from './model-paths.ts';
import { openQueue, type Queue } from './open-queue.ts';
import { createOwnPlaces } from './own-places.ts';
import { createPersonalData, tablesWithoutPersons } from './personal-data.ts';
import { addStandingJobs } from './standing-jobs.ts';
import { throttleTries } from './unseal-throttle.ts';

/** The whole appliance, ready to be asked; doors are put on it by serve.ts and by the CLI. */
export interface Gatehouse extends Queue, EventsOut {
  auditLog: AuditLog;
  organizations: Organizations;
  access: Access;
  limits: Limits;
  subjects: Subjects;
  consents: Consents;
  holds: Holds;
  retention: Retention;
  subjectRecords: SubjectRecords;
  erasure: Erasure;
  organizationErasure: OrganizationErasure;
  keyPlaces: KeyPlaces;
  renewals: TemplateRenewals;
  calibrations: GalleryCalibrations;
  custody: KeyCustody;
  checks: Checks;
  models: Models;
  backups: Backups;
  /** Waits for what jobs of the service itself still do after their stop. */
  standingJobs: { settled(): Promise<void> };
  /** The doors answer on this port: nothing is ever sent there. */
  listens(port: number): void;
  metrics: Metrics;
  /** What `/metrics` reads from the database, the disk and the certificate. */
  gauges: ReturnType<typeof createMetricGauges>;
  clock: Clock;
  ids: Ids;
  log: Log;
  status(): Promise<ApplianceStatus>;
  /** Finishes what is running, then lets go of the data directory. */
  close(): Promise<void>;
}

export interface ComposeDeps extends OlderSchema {
  log: Log;
  clock?: Clock;
  /** `when-needed`: a command that looks at no picture starts no worker. `at-once` waits until they have started. */
  workers?: 'at-once' | 'when-needed';
  /** Asked for the passphrase of the master key, where one protects it and no file holds it. */
  unlock?: Unlock;
  /** Where the doors are served over TLS. */
  certificate?: ServedCertificate | undefined;
}

/**
 * Builds everything, once, top to bottom. Throws Problem or Error with a sentence for the operator; then nothing stays
 * open. `DATA` is made when it is not there, and held until `close`: a second process is told who holds it.
 */
export async function compose(
  config: Config,
  { log, clock = systemClock, workers = 'at-once', unlock, certificate, ...older }: ComposeDeps,
): Promise<Gatehouse> {
  await using opened = new AsyncDisposableStack();
  const { place, database, vault, close } = await openDirectory(config, {
    clock,
    log,
    unlock,
    ...older,
  });
  opened.defer(close);
  const { db, inTransaction } = database;
  const { sealer } = vault;

  const ids = createIds(clock);
  const metrics = createMetrics({ processMetrics: true });
  const library = await openModelLibrary(modelPaths(config.data));
  for (const damage of library.damaged()) {
    log.error(
      { model: damage.id },
      `${describeDamage(damage)} It is not used: import it again with "gatehouse models import", or remove it with "gatehouse models remove ${damage.id}".`,
    );
  }

  const audit = createAudit({ ids, clock, sealer });
  const auditLog = createAuditLog({
    audit,
    db,
    inTransaction,
    signing: vault.signing,
    note: vault.checkpointNote,
    appliance: await applianceIdentity(vault.keys, ids),
    clock,
    log,
  });
  const restored = await readRestoreMarker(config.data, { ...vault, log });
  if (restored) {
    const { actor: name, details } = restored;
    await auditLog.acknowledgeRestore({ actor: { is: 'operator', name }, details });
  }
  await auditLog.begin();
  opened.defer(() => signEnd(auditLog, log));
  const queue = await openQueue(config, { db, inTransaction, audit, ids, clock, log });
  const { jobs, redis } = queue;
  const organizations = createOrganizations({ db, inTransaction, sealer, audit, ids, clock });
  const limits = createLimits({
    db,
    inTransaction,
    sealer,
    audit,
    clock,
    log,
    refusedPerMinute: config.refusedKeysPerMinute,
  });
  await limits.load();
  opened.defer(() => limits.flush());
  const access = createAccess({
    db,
    inTransaction,
    integrity: vault.integrity,
    audit,
    ids,
    clock,
    log,
    refusals: limits.refusals,
  });
  opened.defer(() => access.settled());
  const takeOver = await vault.keyTakeOver.isAllowed();
  await access.protectKeys({ takeOver, actor: appliance });
  if (takeOver) await vault.keyTakeOver.end();
  if (restored) removeRestoreMarker(config.data);
  const holds = createHolds({ db, inTransaction, sealer, audit, ids, clock });
  let running: RunningFaceAnalyzer | undefined;
  opened.defer(() => running?.close());
  const models = await createModels({
    library,
    db,
    inTransaction,
    audit,
    clock,
    changed: async () => running?.reload(firstModels(models)),
  });
  const outgoing = createOutgoing();
  opened.defer(() => outgoing.close());
  const ownPlaces = createOwnPlaces({ config, resolve: outgoing.resolve });
  const readings = createGaugeReadings({
    ...config,
    tlsCert: config.tlsCert,
    certificate,
    models,
    organizations,
    // They come later, and are asked later still.
    backupTroubles: () => backups.warnings(),
    waitingSweeps: () => retention.waiting(),
    clock,
  });
  const eventsOut = await createEventsOut({
    db,
    inTransaction,
    sealer,
    audit,
    organizations,
    profiles: createProfiles({ db, inTransaction, audit, ids, clock, log }),
    jobs,
    outgoing,
    own: ownPlaces.current,
    mail: mailServerOf(config),
    readings,
    observed: metrics.delivery,
    ids,
    clock,
    log,
  });
  const { events } = eventsOut;
  const consents = createConsents({ db, inTransaction, organizations, audit, events, ids, clock });

  const pictures = () =>
    (running ??= createFaceAnalyzer({
      library,
      workers: config.workers || availableParallelism(),
      providers: config.providers,
      queueLimit: config.queueLimit,
      defaults: firstModels(models),
      clock,
      log,
    }));
  const analyzer: FaceAnalyzer = {
    async analyze(picture, request) {
      const analysis = await pictures().analyze(picture, request);
      metrics.inference(analysis.timing);
      return analysis;
    },
  };
  const galleries = createGalleries({ log });
  opened.defer(() => galleries.close());

  const subjects = createSubjects({
    db,
    sealer,
    inTransaction,
    galleries,
    models,
    audit,
    events,
    consents,
    ids,
    clock,
    log,
  });
  const calibrations = createGalleryCalibrations({
    db,
    inTransaction,
    subjects,
    organizations,
    models,
    audit,
    clock,
    crossScores: crossScoresInThread,
  });
  const checks = createChecks({
    shifts: calibrations,
    db,
    sealer,
    inTransaction,
    analyzer,
    subjects,
    organizations,
    consents,
    models,
    audit,
    events,
    limits,
    ids,
    clock,
    log,
    deadline: config.deadlineSeconds * 1000,
    observed: metrics.verification,
    disputedAreas: config.disputedAreas,
  });

  const personalData = createPersonalData({ db, sealer, organizations, clock });
  const erasure = createErasure({
    db,
    dialect: database.dialect,
    inTransaction,
    sealer,
    keys: vault.keys,
    signing: { ...vault.signing, verify: verifySignature },
    subjects,
    personalData,
    forgetUse: limits.forgetUser,
    isHeld,
    primary: () => models.current().primary,
    appliance: async () => auditLog.appliance,
    audit,
    events,
    ids,
    clock,
    log,
    data: config.data,
  });
  const rotations = createOrganizationRotations({
    keys: vault.keys,
    organizations: vault.organizations,
    log,
    finished: (organization, details) =>
      inTransaction((tx) =>
        audit.add(tx, { actor: appliance, action: 'organization.rotate-key', organization, details }),
      ),
  });
  opened.defer(() => rotations.stop());
  const care = createMasterCare({ ...vault, clock });
  const custody = createKeyCustody({
    master: {
      ...care,
      prove: throttleTries(care.prove),
      changePassphrase: throttleTries(care.changePassphrase),
    },
    rotations,
    signing: vault.signing,
    inTransaction,
    audit,
  });
  const keyPlaces = createKeyPlaces({ copies: vault.copies, inTransaction, audit });
  const sealedRows = { db, inTransaction, sealer };
  const renewals = createTemplateRenewals({
    transforms: sealer.transforms,
    pages: [createTemplatePages(sealedRows), createProbePages(sealedRows)],
    inTransaction,
    audit,
    log,
  });
  opened.defer(() => renewals.stop());
  const retention = createRetention({
    db,
    inTransaction,
    organizations,
    notes: vault.keys,
    personalData,
    erase: (realm, subject, order) => erasure.erase(realm, subject, order),
    pruneAudit: (order) => auditLog.prune(order),
    audit,
    ids,
    clock,
    log,
  });
  const subjectRecords = createSubjectRecords({
    db,
    inTransaction,
    sealer,
    organizations,
    subjects,
    personalData,
    tablesWithoutPersons,
    audit,
    clock,
  });
  const organizationErasure = createOrganizationErasure({
    erasure,
    organizations,
    access,
    subjects,
    sealer,
    endings: [
      (organization, actor) => endEventsOut(eventsOut, organization, actor),
      (organization) => calibrations.forget(organization),
    ],
    inTransaction,
    audit,
  });
  // The workers load their models while the rest is read.
  const picturesReady = workers === 'at-once' ? pictures().ready() : undefined;
  picturesReady?.catch(() => {});
  // Before the galleries: nobody who was erased is read into them.
  await erasure.resume();
  // Not by a command that only looks: what a sweep destroys cannot be put back.
  const { swept } = workers === 'at-once' ? await subjects.sweepKeys() : { swept: 0 };
  if (swept > 0) log.info({ swept }, 'destroyed keys left by enrollments that were cut short');
  await calibrations.load();
  await consents.load();
  await Promise.all([subjects.loadGalleries(), picturesReady]);

  const backups = createBackups({
    db,
    inTransaction,
    audit,
    files: createBackupFiles({ data: config.data, place, vault, clock, log }),
    copies: keyPlaces,
    troubled: () => eventsOut.alerts.look(),
    ids,
    clock,
    log,
  });
  await backups.resume();
  if (workers === 'at-once') {
    await rotations.resume();
    await renewals.resume((await organizations.list()).map(({ id }) => id));
    await eventsOut.alerts.load();
    await retention.checkClock();
  }

  const standingJobs = addStandingJobs({
    ...{ jobs, retention, backups, keyPlaces, erasure, calibrations },
    certificate,
  });

  const status = createStatus({
    data: config.data,
    insecureHttp: isInsecure(config),
    organizations,
    subjects,
    checks,
    calibrations,
    models,
    galleries,
    pictures,
    database: {
      dialect: database.dialect,
      requireWriter() {
        database.requireWriter();
        vault.keys.requireWriter();
      },
    },
    keyPlaces,
    backups,
    retention,
    queueProblem: () => redis?.problem(),
  });
  const everything = opened.move();
  return {
    auditLog,
    organizations,
    access,
    limits,
    subjects,
    consents,
    holds,
    retention,
    subjectRecords,
    erasure,
    organizationErasure,
    keyPlaces,
    renewals,
    calibrations,
    custody,
    checks,
    models,
    backups,
    ...queue,
    ...eventsOut,
    standingJobs,
    listens: ownPlaces.listens,
    metrics,
    gauges: createMetricGauges({
      jobs,
      alerts: eventsOut.alerts,
      backups,
      readings,
      certificate,
      clock,
      log,
    }),
    clock,
    ids,
    log,
    status,
    close: () => everything.disposeAsync(),
  };
}

/** Who ends what somebody else began. */
const appliance: Actor = { is: 'appliance', task: 'start' };

const isInsecure = ({ host, tlsCert, insecureHttp }: Config): boolean =>
  listenPolicy({ host, tls: tlsCert !== undefined, insecureHttp }).is === 'allowed-with-warning';

/** A stop goes on without it: the lines are chained, and the next start signs them. */
async function signEnd(auditLog: AuditLog, log: Log): Promise<void> {
  try {
    await auditLog.checkpoint('stop');
  } catch (error) {
    log.error({ err: error }, 'the end of the audit log was not signed at this stop');
  }
}

/** What every worker loads before its first picture. */
function firstModels(models: Models) {
  const { detectors, embedders, padSets } = models.current();
  const [pad] = padSets;
  return { detector: detectors[0] ?? 'blazeface', embedders, ...(pad ? { pad: pad.id } : {}) };
}
