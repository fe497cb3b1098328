import { removeRestoreMarker } from '../backup/finish-restore.ts';
import type { Config } from '../config.ts';
import { keyStoreLocation } from '../data-directory/database-location.ts';
import { createWaitingApprovals } from '../engine/accounts/index.ts';
import {
  createBackups,
  createEvidence,
  createModelChanges,
  createNodeList,
  createOverviews,
  createRecordIntegrity,
  createWorks,
} from '../engine/appliance/index.ts';
import { lostText } from '../engine/audit/index.ts';
import { createBehaviorSettings } from '../engine/behavior/index.ts';
import { createJobs } from '../engine/events/index.ts';
import { countWaitingSessions } from '../engine/live/index.ts';
import { createProfiles } from '../engine/matching/index.ts';
import { createPictureCounts } from '../engine/people/index.ts';
import type { EndpointId } from '../lib/id.ts';
import { productVersion } from '../lib/version.ts';
import { databaseSize } from '../storage/connection.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import { readSchema } from '../storage/migrate.ts';
import { programSchema } from '../storage/migrations/index.ts';
import { isDiskFull } from '../storage/position/node-figures.ts';
import { createFirstOwner, openAccounts } from './accounts.ts';
import { createStatus } from './appliance-status.ts';
import { openAuditLog } from './audit.ts';
import { createBackupFiles } from './backup-files.ts';
import { type Behavior, createBehavior } from './behavior.ts';
import { openCertificateCare } from './certificate/certificate-care.ts';
import { createNameCare, createServing, isInsecure } from './certificate/serving.ts';
import { createConnection } from './connection.ts';
import { createErasing, createOrganizationErasing, type Erasing } from './erasing.ts';
import { createDelivery, openEvents } from './events.ts';
import { followChanges } from './follow-changes.ts';
import { type ComposeDeps, type Foundation, openFoundation } from './foundation.ts';
import { createKeyCare } from './key-care.ts';
import { createLive } from './live.ts';
import { createMetricGauges } from './metric-gauges.ts';
import { readModelFile } from './model-paths.ts';
import { createGaugeReadings } from './outbound.ts';
import { createPeople, type People } from './people.ts';
import { openPictures, type Pictures } from './pictures.ts';
import { addRecurringWork } from './recurring-work.ts';
import { createVerification } from './verification.ts';

/** The whole appliance; serve.ts and the CLI add the doors. */
export type Gatehouse = Awaited<ReturnType<typeof compose>>;

/**
 * Builds everything, once, top to bottom: each group names what it takes of those above it. Throws Problem or Error with a sentence for
 * the operator; then nothing stays open. Creates `DATA` when it is missing and locks it until `close`; the refusal of a second process
 * names the holder.
 */
export async function compose(config: Config, deps: ComposeDeps) {
  const serves = (deps.workers ?? 'at-once') === 'at-once';
  const opened = new AsyncDisposableStack();
  await using unlessComposed = new AsyncDisposableStack();
  unlessComposed.use(opened);

  const foundation = await openFoundation(config, deps, opened);
  const { db, inTransaction, integrity, audit, ids, clock, log, runs } = foundation;
  const { location, database, vault, certificate } = foundation;
  const { keys, master, signing } = vault;
  const record = await openAuditLog(foundation);
  const profiles = createProfiles(foundation);
  const certificates = await openCertificateCare(foundation);
  await deps.certified?.();
  const accounts = await openAccounts(foundation, record);
  const { organizations } = accounts;
  if (record.restored) removeRestoreMarker(config.data);
  const pictures = await openPictures(foundation);
  // A worker loads its models while everything else is read and built; where it cannot, `readPeople` says so.
  if (serves)
    pictures
      .pictures()
      .started()
      .catch(() => {});
  const { models } = pictures;
  const eventsOut = await openEvents(foundation);
  const { grants, webhooks, queue, recurring } = eventsOut;
  const behaviorSettings = createBehaviorSettings(foundation);
  const recordIntegrity = createRecordIntegrity({
    db,
    sealer: foundation.sealer,
    inTransaction,
    integrity,
    audit,
    log,
    keys,
    master,
    organizations: vault.organizations,
    signing: { sign: signing.sign, publicKeys: signing.publicKeys, verify: verifySignature },
    files: [location, keyStoreLocation(config)].flatMap((one) => (one.kind === 'sqlite' ? [one.path] : [])),
    async changed(_, id) {
      behaviorSettings.forgetRead();
      profiles.forgetRead();
      grants.forgetRead();
      await webhooks.refresh(id as EndpointId);
    },
  });
  // A service looks at its rows first.
  if (serves) await recordIntegrity.maintain();

  const people = createPeople(foundation, record.auditLog, accounts, pictures, eventsOut);
  const { subjects, calibrations } = people;
  const { setup, setupTokenFile } = createFirstOwner(foundation, accounts, people);
  const verification = createVerification(foundation, accounts, pictures, eventsOut, people, {
    profiles,
    setup,
  });
  const { checks, uniqueness, reviews, verifications } = verification;
  const keyCare = await createKeyCare(foundation);
  const { keyCopyFolders } = keyCare;
  const erasing = createErasing(foundation, record.auditLog, accounts, pictures, eventsOut, people);
  const { retention } = erasing;
  const backupTroubled = createConnection<() => Promise<void>>('backups.troubled');
  const backups = createBackups({
    db,
    inTransaction,
    audit,
    ids,
    clock,
    log,
    runs,
    recurring,
    files: createBackupFiles({ data: config.data, location, vault, clock, log }),
    copies: keyCopyFolders,
    whyOutdated: foundation.nodes?.whyOutdated,
    troubled: backupTroubled.call,
  });
  const readings = createGaugeReadings({
    config,
    certificate,
    models,
    organizations,
    backups,
    retention,
    recordIntegrity,
    figures: foundation.figures,
    nodes: () => nodeList.troubles(),
    clock,
  });
  const { alerts, delivery } = createDelivery(foundation, accounts, eventsOut, { profiles, readings });
  const behavior = createBehavior(foundation, accounts, eventsOut, { alerts, behaviorSettings });
  const live = createLive(foundation, accounts, pictures, eventsOut, people, verification, {
    profiles,
    callbacks: delivery.callbacks,
  });
  const organizationErasure = createOrganizationErasing(
    foundation,
    accounts,
    eventsOut,
    people,
    verification,
    erasing,
    behavior,
    live,
    { alerts },
  );

  // The calls that go up, to what was built after the caller.
  accounts.faceJudge.connect(() => checks.administratorFaces);
  pictures.galleriesChanged.connect(async () => {
    await subjects.loadGalleries();
    await calibrations.noticeAll();
  });
  verification.newcomerDecided.connect(live.liveSessions.newcomerDecided);
  backupTroubled.connect(alerts.checkGauges);

  const jobs = createJobs({ db, inTransaction, audit, clock, recurring, queue, byHand: delivery.byHand });
  const serving = createServing({ config, certificate, clock });
  const { nodes: shared } = foundation;
  const { knows, isOlder } = programSchema();
  const nodeList = createNodeList({
    nodes: shared && {
      id: shared.node.id,
      list: shared.list,
      drain: shared.drain,
      standbys: shared.standbys,
      figures: async () =>
        (await foundation.figures.ofAll()).map((one) => ({ ...one, diskFull: isDiskFull(one) })),
    },
    keys: keyCare.nodeKeys,
    auditLog: record.auditLog,
    recurring,
    position: foundation.position,
    serving,
    version: productVersion(),
    schema: { knows, isOlder, read: () => readSchema(database.db) },
    clock,
  });
  const { status, readiness, applianceReport } = createStatus({
    data: config.data,
    insecureHttp: isInsecure(config),
    organizations,
    subjects,
    checks,
    calibrations,
    models,
    galleries: people.galleries,
    pictures: pictures.stats,
    database: {
      dialect: database.dialect,
      // Both are asked: the key store may be one of its own.
      requireWriter() {
        database.requireWriter();
        keys.requireWriter();
      },
    },
    keyCopyFolders,
    custody: keyCare.custody,
    backups,
    retention,
    clock,
    draining: foundation.draining.is,
    certificate: () =>
      certificate && {
        endsAt: certificate.end(),
        renewsItself: certificate.isSelfIssued() && certificate.end() > clock.now(),
      },
    alteredRows: () => recordIntegrity.found().length,
    lostLines: record.auditLog.lost,
    nodes: nodeList.troubles,
    async left() {
      const { failing, granted } = await webhooks.troubles();
      const grantsOf = await Promise.all(granted.map(grants.active));
      const open = (await alerts.countOpen()).filter(({ world }) => world === 'live');
      return {
        erasuresPending: await erasing.erasure.isPending(),
        keysWithoutPerson: subjects.keysWithoutPerson(),
        failingWebhooks: failing,
        withoutGrant: grantsOf.filter((all) => all.length === 0).length,
        openAlerts: open.reduce((sum, { count }) => sum + count, 0),
        deadJobs: await jobs.anyDead(),
      };
    },
    databaseBytes: () => databaseSize(database),
  });
  // A node that runs already may be making what would be swept.
  const [first] = await runs.living(db);
  const gatehouse = {
    clock,
    ids,
    log,
    metrics: foundation.metrics,
    position: foundation.position,
    nodes: shared,
    nodeList,
    draining: foundation.draining,
    auditLog: record.auditLog,
    organizations,
    limits: accounts.limits,
    access: accounts.access,
    administrators: accounts.administrators,
    tokens: accounts.tokens,
    kiosks: accounts.kiosks,
    sessions: accounts.sessions,
    approvals: accounts.approvals,
    personTokens: accounts.personTokens,
    idempotency: accounts.idempotency,
    setup,
    setupTokenFile,
    models,
    netProvider: pictures.netProvider,
    readLogo: pictures.readLogo,
    grants,
    webhooks,
    queue,
    recurring,
    boardLinks: eventsOut.boardLinks,
    /** The port of the doors: never a destination of a delivery. */
    listens: eventsOut.applianceAddresses.listens,
    alerts,
    relay: delivery.relay,
    deliveries: delivery.deliveries,
    eventLog: delivery.eventLog,
    callbacks: delivery.callbacks,
    deliveryUpkeep: delivery.deliveryUpkeep,
    jobs,
    consents: people.consents,
    consentReceipts: people.consentReceipts,
    holds: people.holds,
    subjects,
    calibrations,
    checks,
    refusedPictures: verification.refusedPictures,
    captures: verification.captures,
    verifications,
    uniqueness,
    uniquenessScopes: uniqueness.scopes,
    reviews,
    erasure: erasing.erasure,
    /** Destroys keys that no person has. Undefined where a node runs already, which may be making what would be swept. */
    sweepKeys: first === runs.own ? createSweepKeys(people, record, foundation) : undefined,
    retention,
    subjectRecords: erasing.subjectRecords,
    timelines: erasing.timelines,
    organizationErasure,
    behaviorSettings,
    behaviorLayers: behavior.behaviorLayers,
    verdicts: behavior.verdicts,
    behaviorChallenges: behavior.behaviorChallenges,
    heartbeats: behavior.heartbeats,
    flows: live.flows,
    liveSessions: live.liveSessions,
    orders: live.orders,
    verifyToken: live.verifyToken,
    custody: keyCare.custody,
    nodeKeys: keyCare.nodeKeys,
    keyCopyFolders,
    renewals: keyCare.renewals,
    backups,
    recordIntegrity,
    certificates,
    serving,
    boxName: createNameCare(foundation, serving),
    status,
    readiness,
    applianceReport,
    overviews: createOverviews({
      verifications,
      checks,
      subjects,
      organizations,
      alerts,
      models,
      reviews,
      approvals: createWaitingApprovals({ db, clock }),
      sessions: { countWaiting: (realm) => countWaitingSessions(db, realm) },
      pictures: createPictureCounts({ db }),
      clock,
    }),
    evidence: createEvidence({ organizations, models, clock }),
    modelChanges: createModelChanges({
      readImport: readModelFile,
      models,
      profiles,
      organizations,
      subjects,
      ids,
      clock,
    }),
    /** Long works that operators asked for. */
    works: createWorks(clock),
    /** What `/metrics` reads from the database, the disk and the certificate. */
    gauges: createMetricGauges({
      jobs,
      alerts,
      backups,
      readings,
      nodes: nodeList,
      certificate,
      clock,
      log,
    }),
    /** Finishes what is running, then unlocks the data directory. */
    close: () => opened.disposeAsync(),
  };

  followChanges(foundation.position, {
    access: accounts.access,
    alerts,
    auditLog: record.auditLog,
    limits: accounts.limits,
    behaviorLayers: behavior.behaviorLayers,
    behaviorSettings,
    grants,
    calibrations,
    models,
    profiles,
    subjects,
    consents: people.consents,
    erasure: erasing.erasure,
    webhooks,
  });
  await readPeople(pictures, people, erasing, behavior, { serves });
  await backups.resume();
  if (serves) {
    await keyCare.rotations.resume();
    await keyCare.renewals.resume((await organizations.list()).map(({ id }) => id));
    await alerts.load();
    await retention.checkClock();
    await live.liveSessions.takeOver();
    await foundation.figures.report({
      diskFree: readings.diskFree,
      certificateDays: () => readings.certificateDays?.(),
      lostLines: () => lostText(record.auditLog.lost()) || undefined,
    });
  }
  addRecurringWork(gatehouse, certificate);
  unlessComposed.move();
  return gatehouse;
}

/** Reads what is kept in memory, and ends what an earlier run of the program left unfinished with people. */
async function readPeople(
  { pictures }: Pictures,
  { subjects, calibrations, consents }: People,
  { erasure, erasureNodes }: Erasing,
  { behaviorLayers }: Behavior,
  { serves }: { serves: boolean },
): Promise<void> {
  const picturesReady = serves ? pictures().started() : undefined;
  picturesReady?.catch(() => {});
  // Of what was erased while this node did not run.
  await erasureNodes?.begin();
  // Before the galleries: no person who was erased is read into them.
  await erasure.resume();
  await calibrations.load();
  await behaviorLayers.load();
  await Promise.all([subjects.loadGalleries(), consents.load(), picturesReady]);
  // The other workers, after what takes all cores; of one that cannot start the log says so.
  if (serves)
    pictures()
      .ready()
      .catch(() => {});
  await calibrations.noticeAll();
}

const createSweepKeys =
  (
    { subjects }: People,
    { auditLog }: Awaited<ReturnType<typeof openAuditLog>>,
    { figures, log }: Pick<Foundation, 'figures' | 'log'>,
  ) =>
  async (): Promise<void> => {
    // Where the record is older than the keys, the people of those that have none here may be in a newer one. Each node knows what it has seen.
    const others = await figures.ofOthers();
    if ((await auditLog.isShort()) || others.some(({ lostLines }) => lostLines !== undefined)) return;
    const { swept } = await subjects.sweepKeys();
    if (swept > 0) log.info({ swept }, 'destroyed keys left by enrollments that were cut short');
  };
