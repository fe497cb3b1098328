import { statfs } from 'node:fs/promises';
import { relative } from 'node:path';
import type { ApplianceReport } from '../doors/admin/index.ts';
import type { ApplianceStatus } from '../doors/meta/index.ts';
import type { Organization, Organizations } from '../engine/accounts/index.ts';
import {
  type ApplianceFacts,
  applianceAttention,
  type Backups,
  factsOf,
  type KeyCopyFolders,
  type KeyCustody,
  type LeftFacts,
  type NodeTroubles,
} from '../engine/appliance/index.ts';
import { type LostLines, lostText } from '../engine/audit/index.ts';
import {
  builtInProfiles,
  type GalleryCalibration,
  type GalleryCalibrations,
  type OwnGallery,
} from '../engine/matching/index.ts';
import { type ModelReport, type Models, padRemedy } from '../engine/models/index.ts';
import type { Retention, Subjects } from '../engine/people/index.ts';
import type { Checks } from '../engine/verification/index.ts';
import type { Galleries } from '../inference/gallery/galleries.ts';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import type { OrganizationId, World } from '../lib/id.ts';
import { Problem } from '../lib/problem.ts';
import type { Database } from '../storage/connection.ts';
import { LEAST_DISK } from '../storage/position/node-figures.ts';
import type { Draining } from './draining.ts';
import type { Pictures } from './pictures.ts';

export interface StatusDeps {
  /** The data directory: its disk must have room. */
  data: string;
  /** Listens beyond loopback without TLS. */
  insecureHttp: boolean;
  organizations: Organizations;
  subjects: Subjects;
  checks: Checks;
  calibrations: Pick<GalleryCalibrations, 'list' | 'galleries'>;
  models: Models;
  galleries: Galleries;
  pictures: Pictures['stats'];
  database: Pick<Database, 'dialect' | 'requireWriter'>;
  keyCopyFolders: Pick<KeyCopyFolders, 'list'>;
  custody: Pick<KeyCustody, 'master'>;
  backups: Pick<Backups, 'facts'>;
  retention: Pick<Retention, 'waiting'>;
  clock: Clock;
  /** Requests are to go elsewhere. */
  draining?: Draining['is'];
  /** Undefined without TLS. */
  certificate?(): ApplianceFacts['certificate'];
  /** Rows that another program wrote or changed, as of the last look. */
  alteredRows?(): number;
  /** Lines of the audit log that this machine has seen, and that the record has no more. */
  lostLines?(): readonly LostLines[];
  nodes?(): Promise<NodeTroubles>;
  /** What was left undone. */
  left?(): Promise<LeftFacts>;
  /** Bytes that may still be written to the data directory's disk. */
  freeBytes?(): Promise<number>;
  /** Bytes that the database takes. */
  databaseBytes(): Promise<number>;
  /** Milliseconds that the database may take: one that hangs must not hang `/ready`. */
  patience?: number;
}

/** Built-in profiles with the two false-identification rates that there are: what `/health` gives safe gallery sizes for. */
const searching = builtInProfiles.filter(({ slug }) => slug === 'default' || slug === 'strict-finance');
const worlds: World[] = ['live', 'test'];

export function createStatus(deps: StatusDeps) {
  const { freeBytes = () => freeOn(deps.data), patience = 2_000 } = deps;
  const { organizations, checks, database } = deps;
  const reading = { organizations, checks, database, freeBytes, patience };
  return {
    /** Whether it takes requests. Balancers ask often, so nothing is read that does not decide it. */
    readiness: async (): Promise<ApplianceStatus['readiness']> =>
      readReadiness(deps, await readStorage(reading)),
    /** What the appliance knows of itself at this moment; reads memory, the short list of organizations, and how many people have provisional templates. */
    status: async (): Promise<ApplianceStatus> => describe(deps, reading, await readStorage(reading)),
    /** The same, and what only its operators read: room, certificate, what needs attention. */
    async applianceReport(): Promise<ApplianceStatus & ApplianceReport> {
      const storage = await readStorage(reading);
      const databaseBytes = await readDatabaseBytes({ databaseBytes: deps.databaseBytes, patience });
      return {
        ...(await describe(deps, reading, storage)),
        room: defined({ freeBytes: storage.freeBytes, databaseBytes }),
        ...defined({ certificate: deps.certificate?.() }),
        backupTroubles: deps.backups.facts().troubles,
      };
    },
  };
}

async function describe(
  deps: StatusDeps,
  reading: Parameters<typeof countLenient>[0],
  storage: StorageState,
): Promise<ApplianceStatus> {
  const { insecureHttp, checks, database, keyCopyFolders, backups, retention } = deps;
  const ids = storage.organizations.map(({ id }) => id);
  const realms = ids.flatMap((organization) => worlds.map((world) => ({ organization, world })));
  const copies = await keyCopyFolders.list();
  const lenientOrganizations = await countLenient(reading, storage);
  const { clock: clockDoubt, sweeps } = await readWaiting(retention, reading.patience);
  const ofOrganizations = factsOf(storage.organizations);
  const facts = {
    ...(await describePictures(deps, storage)),
    storage: {
      kind: database.dialect === 'sqlite' ? ('sqlite' as const) : ('postgresql' as const),
      ...defined({ state: storage.state, reason: storage.reason }),
    },
    ...describePeople(deps, ids),
    upgrades: await readUpgrades({ ...deps, ...reading }, storage),
    safeGallery: searching.map((profile) => checks.safeGallery(profile, realms)),
    insecureHttp,
    keyCopies: {
      places: copies.length,
      notCurrent: copies.filter(({ state }) => state !== 'current').length,
    },
    ...defined({
      lenientOrganizations,
      alteredRows: deps.alteredRows?.() || undefined,
      lostLines: lostText(deps.lostLines?.() ?? []) || undefined,
      nodes: await ifRead(deps.nodes, reading.patience, storage),
    }),
    matchOnlyOrganizations: ofOrganizations.matchOnlyOrganizations,
  };
  const attention = applianceAttention({
    ...facts,
    ...ofOrganizations,
    ...(await ifRead(deps.left, reading.patience, storage)),
    // Said as what it is.
    ...(deps.draining?.() === 'drained' && { readiness: { is: 'ready' } }),
    ...defined({
      freeBytes: storage.freeBytes,
      clockDoubt,
      certificate: deps.certificate?.(),
      masterKey: masterKeyOf(deps, copies),
    }),
    backups: backups.facts(),
    waitingSweeps: sweeps.map(({ why }) => why),
    now: deps.clock.now(),
  });
  return { ...facts, attention };
}

/** Whether a master key in a file lies beside what it opens. */
function masterKeyOf(
  { custody, data }: Pick<StatusDeps, 'custody' | 'data'>,
  copies: readonly { place: string }[],
): NonNullable<ApplianceFacts['masterKey']> {
  const { kind, path } = custody.master();
  return {
    kind,
    besideData: liesIn(data, path),
    besideCopy: copies.some(({ place }) => liesIn(place, path)),
  };
}

const liesIn = (folder: string, path: string) => !relative(folder, path).startsWith('..');

/** State of inference. */
async function describePictures(deps: StatusDeps, storage: StorageState) {
  const { models, pictures } = deps;
  const current = models.current();
  const [pad] = current.padSets;
  const { workers, busy, waiting, queueLimit, provider } = pictures();
  return {
    readiness: await readReadiness(deps, storage),
    models: await models.list(),
    damagedModels: models.damaged(),
    pad: pad
      ? { is: 'installed' as const, set: pad.id, maturity: pad.maturity }
      : { is: 'missing' as const, remedy: padRemedy(current) },
    inference: {
      workers,
      busy,
      queued: waiting,
      queueLimit,
      provider,
    },
  };
}

const readReadiness = async (
  { models, pictures, draining }: Pick<StatusDeps, 'models' | 'pictures' | 'draining'>,
  storage: StorageState,
): Promise<ApplianceStatus['readiness']> =>
  elsewhere(draining?.() ?? false) ?? readinessOf(pictures().broken, storage, await models.list());

/** Why requests are to go to other nodes, or to none. */
function elsewhere(draining: ReturnType<Draining['is']>) {
  if (!draining) return undefined;
  const reason =
    draining === 'stops'
      ? 'The service is stopping.'
      : 'This node is drained: “gatehouse node undrain” or a restart lets it work again.';
  return { is: 'not-ready' as const, reason };
}

/** Figures about people over these organizations. */
function describePeople(
  { subjects, models, galleries, calibrations }: StatusDeps,
  ids: readonly OrganizationId[],
) {
  const embedders = models.current().galleries;
  return {
    unreachablePeople: subjects.unreachable(),
    people: worlds.map((world) => {
      const counts = ids.map((organization) => subjects.people({ organization, world }));
      return { world, total: counts.reduce((sum, count) => sum + count, 0), largest: Math.max(0, ...counts) };
    }),
    templates: embedders.flatMap((embedder) =>
      worlds.map((world) => ({
        world,
        embedder,
        count: ids.reduce((sum, id) => sum + galleries.size(`${id}/${world}/${embedder}`), 0),
      })),
    ),
    ownGalleries: ownGalleries(
      ids.flatMap((id) => calibrations.galleries(id)).filter(({ people }) => people > 0),
      ids.flatMap((id) => calibrations.list(id)),
    ),
  };
}

/** Totals over all organizations; their names are shown on the appliance only. */
function ownGalleries(
  galleries: readonly OwnGallery[],
  measured: readonly GalleryCalibration[],
): ApplianceStatus['ownGalleries'] {
  const tableOf = ({ world, scorer, holdsFor }: Pick<OwnGallery, 'world' | 'scorer' | 'holdsFor'>) =>
    `${world}/${scorer}/${holdsFor}`;
  const applied = Map.groupBy(
    measured.filter(({ pairs, outdated }) => pairs > 0 && !outdated),
    tableOf,
  );
  return [...Map.groupBy(galleries, tableOf)].map(([table, all]) => {
    const { world, scorer, holdsFor } = all[0]!;
    const those = applied.get(table) ?? [];
    const count = (standing: OwnGallery['standing']) => all.filter((one) => one.standing === standing).length;
    return {
      world,
      scorer,
      holdsFor,
      measured: count('measured'),
      notMeasured: count('not-measured'),
      tooFewPeople: count('too-few-people'),
      raised: those.filter(({ shift }) => shift > 0).length,
      largestExcess: Math.max(0, ...those.map(({ share, rate }) => share / rate)),
      doubtful: those.reduce((sum, one) => sum + one.doubtful, 0),
    };
  });
}

/** Why no picture can be judged, where none can. */
function readinessOf(
  broken: string | undefined,
  { state, reason }: StorageState,
  models: readonly ModelReport[],
): ApplianceStatus['readiness'] {
  if (broken !== undefined) return { is: 'not-ready', reason: `No picture can be judged: ${broken}` };
  if (state !== 'ok') return { is: 'not-ready', reason: reason ?? 'The database cannot be used.' };
  const missing = (['detector', 'embedder'] as const).filter(
    (role) => !models.some((model) => model.role === role && model.enabled),
  );
  if (missing.length === 0) return { is: 'ready' };
  const reasonOf = `No ${missing.join(' and no ')} model is enabled, so no profile can run: “gatehouse models list” shows them.`;
  return { is: 'not-ready', reason: reasonOf };
}

const MEBIBYTE = 2 ** 20;
const LEAST_FREE = LEAST_DISK * MEBIBYTE;

interface StorageState {
  state: 'ok' | 'full' | 'unavailable';
  organizations: readonly Organization[];
  reason: string | undefined;
  /** On the disk of the data directory; absent where it could not be read. */
  freeBytes?: number;
}

interface StorageReading {
  organizations: Pick<Organizations, 'list'>;
  checks: Pick<Checks, 'lenientOrganizations'>;
  database: Pick<Database, 'requireWriter'>;
  freeBytes(): Promise<number>;
  patience: number;
}

/** Whether the database and its disk can be used, by reading the organizations. */
async function readStorage({
  organizations,
  database,
  freeBytes,
  patience,
}: StorageReading): Promise<StorageState> {
  try {
    const known = await within(patience, organizations.list());
    database.requireWriter();
    const free = await freeBytes();
    const read = { organizations: known, freeBytes: free };
    if (free >= LEAST_FREE) return { ...read, state: 'ok', reason: undefined };
    const reason = `Less than ${LEAST_DISK} MiB are free on the disk of the data directory: free some space.`;
    return { ...read, state: 'full', reason };
  } catch (error) {
    const full = error instanceof Problem && error.code === 'STORAGE_FULL';
    const reason =
      error instanceof Problem ? error.message : 'The database does not answer; the log says why.';
    return { state: full ? 'full' : 'unavailable', organizations: [], reason };
  }
}

/** Organizations whose own profiles verify where a built-in one would refuse by liveness; undefined where it cannot be read. */
async function countLenient(
  { checks, patience }: StorageReading,
  { state, organizations }: StorageState,
): Promise<number | undefined> {
  if (state === 'unavailable') return undefined;
  try {
    const lenient = await within(patience, checks.lenientOrganizations());
    return organizations.filter(({ id, erasedAt }) => erasedAt === undefined && lenient.has(id)).length;
  } catch {
    // The storage state reports a failing database, at the latest on the next reading.
    return undefined;
  }
}

/** Bytes that the database takes; undefined where it cannot be read. */
const readDatabaseBytes = ({
  databaseBytes,
  patience,
}: {
  databaseBytes(): Promise<number>;
  patience: number;
}): Promise<number | undefined> => within(patience, databaseBytes()).catch(() => undefined);

/** Nothing where it cannot be read: what is said of the storage is worse. */
const readWaiting = (
  retention: StatusDeps['retention'],
  patience: number,
): ReturnType<Retention['waiting']> => within(patience, retention.waiting()).catch(() => ({ sweeps: [] }));

/** Undefined where it cannot be read. */
async function ifRead<T>(
  read: (() => Promise<T>) | undefined,
  patience: number,
  { state }: StorageState,
): Promise<T | undefined> {
  if (read === undefined || state === 'unavailable') return undefined;
  return within(patience, read()).catch(() => undefined);
}

/** `Subjects.upgradesByWorld` over these organizations; empty where it cannot be read. */
async function readUpgrades(
  { subjects, patience }: { subjects: Pick<Subjects, 'upgradesByWorld'>; patience: number },
  { state, organizations }: StorageState,
): Promise<Awaited<ReturnType<Subjects['upgradesByWorld']>>> {
  if (state === 'unavailable') return [];
  const realms = organizations.flatMap(({ id: organization }) =>
    (['live', 'test'] as const).map((world) => ({ organization, world })),
  );
  return within(patience, subjects.upgradesByWorld(realms)).catch(() => []);
}

/** Bytes that may still be written to the disk of this folder. */
async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Problem('STORAGE_UNAVAILABLE', 'The database does not answer.')),
    milliseconds,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    // The result of the loser of the race is dropped.
    work.catch(() => {});
  }
}
