import { removeRestoreMarker } from '../backup/finish-restore.ts';
import type { Config } from '../config.ts';
import {
  type Backups,
  createBackups,
  createWorks,
  type RecordIntegrity,
  type Works,
} from '../engine/appliance/index.ts';
import type { AuditLog } from '../engine/audit/index.ts';
import { createJobs, type Jobs } from '../engine/events/index.ts';
import { createProfiles } from '../engine/matching/index.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { databaseSize } from '../storage/connection.ts';
import { createStatus, type StatusReaders } from './appliance-status.ts';
import { type Callers, openAudit, openCallers, openRecordIntegrity } from './audit.ts';
import { createBackupFiles } from './backup-files.ts';
import { type Base, type ComposeDeps, openBase, openQueue, type Queue } from './base.ts';
import { type CertificateCare, openCertificateCare } from './certificate/certificate-care.ts';
import {
  createNameCare,
  createServing,
  isInsecure,
  type NameCare,
  type Serving,
} from './certificate/serving.ts';
import { createErasing, type Erasing } from './erasing.ts';
import type { EventsOut } from './events-out.ts';
import { createMetricGauges } from './gauges/metric-gauges.ts';
import { createKeyCare, type KeyCare } from './key-care.ts';
import { createLiveSessions, type LiveSessions } from './live/live-sessions.ts';
import { openOutbound } from './outbound.ts';
import { createPeople, type People } from './people.ts';
import { createPersonTokenParts, type PersonTokenParts } from './person-tokens.ts';
import { openPictures, type Pictures } from './pictures.ts';
import { createFirstOwner, type FirstOwner, openStaff, type Staff } from './staff/administrators.ts';
import { addStandingWork, readPeople, resumeService } from './standing-work.ts';

/** The whole appliance; serve.ts and the CLI add the doors. */
export interface Gatehouse
  extends Queue,
    EventsOut,
    Callers,
    Staff,
    FirstOwner,
    Erasing,
    Pick<Pictures, 'models' | 'netProvider' | 'readLogo'>,
    People,
    LiveSessions,
    KeyCare,
    CertificateCare,
    PersonTokenParts,
    NameCare,
    StatusReaders {
  auditLog: AuditLog;
  backups: Backups;
  recordIntegrity: RecordIntegrity;
  jobs: Jobs;
  serving: Serving;
  /** Long works that operators asked for. */
  works: Works;
  /** The port of the doors: never a destination of a delivery. */
  listens(port: number): void;
  metrics: Metrics;
  /** What `/metrics` reads from the database, the disk and the certificate. */
  gauges: ReturnType<typeof createMetricGauges>;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Finishes what is running, then unlocks the data directory. */
  close(): Promise<void>;
}

/**
 * Builds everything, once, top to bottom. Throws Problem or Error with a sentence for the operator; then nothing stays
 * open. Creates `DATA` when it is missing and locks it until `close`; the refusal of a second process names the holder.
 */
export async function compose(config: Config, deps: ComposeDeps): Promise<Gatehouse> {
  const serves = (deps.workers ?? 'at-once') === 'at-once';
  await using opened = new AsyncDisposableStack();
  const base = await openBase(config, deps, opened);
  const { ground, metrics, certificate } = base;
  const audited = await openAudit(base);
  const profiles = createProfiles({ ...ground, ...audited });
  const certificateCare = await openCertificateCare({ ...base, ...audited });
  const queue = openQueue({ ...ground, ...audited });
  const callers = await openCallers({ ...base, ...audited });
  // Asked once they are there.
  const later = { people: (): People => people, live: (): LiveSessions => live };
  const staff = await openStaff({ ...base, ...audited, ...callers, ...later });
  if (audited.restored) removeRestoreMarker(config.data);
  const personTokenParts = await createPersonTokenParts({ ...base, ...audited });
  const pictures = await openPictures({
    ...base,
    ...audited,
    async galleriesChanged() {
      await later.people().subjects.loadGalleries();
      await later.people().calibrations.noticeAll();
    },
  });
  const outbound = await openOutbound({
    ...base,
    ...audited,
    ...queue,
    ...callers,
    ...pictures,
    profiles,
    // Assigned below, before the first call.
    backupTroubles: () => backups.warnings(),
    waitingSweeps: () => erasing.retention.waiting(),
    altered: (organization) => recordIntegrity.found(organization),
  });
  const { eventsOut, ownPlaces, readings } = outbound;
  const firstOwner = createFirstOwner({ ...base, ...audited, ...callers, ...staff, ...later });
  const shared = { ...base, ...audited, ...callers, ...pictures, ...outbound, profiles };
  const recordIntegrity = await openRecordIntegrity({ ...shared, ...later }, serves);
  const people: People = createPeople({ ...shared, ...firstOwner, ...queue, ...later });
  const keyCare = createKeyCare({ ...base, ...audited });
  const erasing = createErasing({ ...shared, ...staff, ...people, ...later });
  await readPeople({ ...pictures, ...erasing, ...people }, ground, { serves });
  const backups = createBackups({
    ...ground,
    ...audited,
    ...queue,
    files: createBackupFiles({ ...base, ...ground, data: config.data }),
    copies: keyCare.keyPlaces,
    troubled: () => eventsOut.alerts.checkGauges(),
  });
  await backups.resume();
  const live: LiveSessions = createLiveSessions({ ...shared, ...people, ...personTokenParts });
  if (serves) await resumeService({ ...keyCare, ...callers, ...outbound, ...erasing, ...live });
  const standing = { ...live, ...queue, ...erasing, ...keyCare, ...people, ...staff, backups, certificate };
  addStandingWork({ ...standing, ...eventsOut, recordIntegrity });
  const jobs = createJobs({ ...ground, ...audited, ...queue, byHand: eventsOut.byHand });
  const readers = createStatus({
    ...callers,
    ...pictures,
    ...people,
    ...keyCare,
    ...erasing,
    backups,
    data: config.data,
    clock: ground.clock,
    certificate: () =>
      certificate && {
        endsAt: certificate.end(),
        renewsItself: certificate.isSelfIssued() && certificate.end() > ground.clock.now(),
      },
    insecureHttp: isInsecure(config),
    database: writing(base),
    databaseBytes: () => databaseSize(base.database),
    alteredRows: () => recordIntegrity.found().length,
  });
  const serving = createServing({ config, certificate, clock: ground.clock });
  const everything = opened.move();
  return {
    auditLog: audited.auditLog,
    models: pictures.models,
    backups,
    jobs,
    metrics,
    ...readers,
    ...queue,
    ...eventsOut,
    ...callers,
    ...staff,
    ...firstOwner,
    ...people,
    ...live,
    ...keyCare,
    ...erasing,
    ...certificateCare,
    ...personTokenParts,
    ...createNameCare({ ...base, ...audited }, serving),
    clock: ground.clock,
    ids: ground.ids,
    log: ground.log,
    readLogo: pictures.readLogo,
    netProvider: pictures.netProvider,
    serving,
    recordIntegrity,
    listens: ownPlaces.listens,
    works: createWorks(ground.clock),
    gauges: createMetricGauges({
      ...ground,
      jobs,
      alerts: eventsOut.alerts,
      backups,
      readings,
      certificate,
    }),
    close: () => everything.disposeAsync(),
  };
}

/** Both databases are asked: the key store may be one of its own. */
const writing = ({ database, vault }: Pick<Base, 'database' | 'vault'>) => ({
  dialect: database.dialect,
  requireWriter() {
    database.requireWriter();
    vault.keys.requireWriter();
  },
});
