import { statfs } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApplianceStatus } from '../doors/meta/index.ts';
import type { Backups } from '../engine/backups/index.ts';
import type { GalleryCalibration, GalleryCalibrations } from '../engine/gallery-calibration/index.ts';
import type { KeyPlaces } from '../engine/keys/index.ts';
import { type Models, remedy } from '../engine/models/index.ts';
import type { Organization, Organizations } from '../engine/organizations/index.ts';
import type { Retention } from '../engine/retention/index.ts';
import type { Subjects } from '../engine/subjects/index.ts';
import type { Checks } from '../engine/verification/index.ts';
import type { Galleries } from '../inference/gallery/gallery.ts';
import type { RunningFaceAnalyzer } from '../inference/workers/face-analyzer.ts';
import type { World } from '../lib/id.ts';
import { Problem } from '../lib/problem.ts';
import type { Database } from '../storage/connection.ts';

export interface StatusDeps {
  /** The data directory: its disk must have room. */
  data: string;
  /** Listens beyond loopback without TLS. */
  insecureHttp: boolean;
  organizations: Organizations;
  subjects: Subjects;
  checks: Checks;
  calibrations: Pick<GalleryCalibrations, 'list'>;
  models: Models;
  galleries: Galleries;
  pictures(): Pick<RunningFaceAnalyzer, 'stats'>;
  database: Pick<Database, 'dialect' | 'requireWriter'>;
  keyPlaces: Pick<KeyPlaces, 'list'>;
  backups: Pick<Backups, 'warnings'>;
  retention: Pick<Retention, 'waiting'>;
  /** Why what carries jobs cannot be used; undefined when it can. */
  queueProblem?(): string | undefined;
  /** Bytes that may still be written to the data directory's disk. */
  freeBytes?(): Promise<number>;
  /** Milliseconds that the database may take: one that hangs must not hang `/ready`. */
  patience?: number;
}

/** False-identification rates of the built-in profiles: what `/health` gives safe gallery sizes for. */
const rates = [0.01, 0.001];
const MEBIBYTE = 2 ** 20;
/** Bytes: with less, writes are about to fail. */
const LEAST_FREE = 16 * MEBIBYTE;
const worlds: World[] = ['live', 'test'];

/** What the appliance knows of itself at this moment; reads memory, and the short list of organizations. */
export function createStatus(deps: StatusDeps): () => Promise<ApplianceStatus> {
  const {
    data,
    insecureHttp,
    organizations,
    subjects,
    checks,
    calibrations,
    models,
    galleries,
    pictures,
    database,
    keyPlaces,
    backups,
    retention,
  } = deps;
  const { freeBytes = () => freeOn(data), patience = 2_000 } = deps;
  return async () => {
    const storage = await readOrganizations();
    const ids = storage.organizations.map(({ id }) => id);
    const { primary, padSets } = models.current();
    const [pad] = padSets;
    const { workers, busy, waiting, queueLimit, providers, fallbacks, broken } = pictures().stats();
    const fallback = Object.values(fallbacks)[0];
    const copies = await keyPlaces.list();
    const queueProblem = deps.queueProblem?.();
    const lenientOrganizations = await countLenient(storage);
    return {
      readiness: readinessOf(broken, storage),
      models: await models.list(),
      damagedModels: models.damaged(),
      unreachablePeople: subjects.unreachable(),
      pad: pad
        ? { is: 'installed', set: pad.id, maturity: pad.maturity }
        : { is: 'missing', remedy: remedy(models.importable().filter(({ role }) => role === 'pad')) },
      inference: {
        workers,
        busy,
        queued: waiting,
        queueLimit,
        providersAsked: [...providers],
        provider: fallback === undefined ? (providers[0] ?? 'cpu') : 'cpu',
        ...(fallback === undefined ? {} : { fallback }),
      },
      storage: {
        kind: database.dialect === 'sqlite' ? 'sqlite' : 'postgresql',
        state: storage.state,
        ...(storage.reason === undefined ? {} : { reason: storage.reason }),
      },
      people: worlds.map((world) => {
        const counts = ids.map((organization) => subjects.people({ organization, world }));
        return {
          world,
          total: counts.reduce((sum, count) => sum + count, 0),
          largest: Math.max(0, ...counts),
        };
      }),
      templates: primary
        ? worlds.map((world) => ({
            world,
            embedder: primary,
            count: ids.reduce((sum, id) => sum + galleries.size(`${id}/${world}/${primary}`), 0),
          }))
        : [],
      ownGalleries: ownGalleries(ids.flatMap((id) => calibrations.list(id))),
      safeGallery: rates.map((rate) => ({ rate, people: checks.safeGallerySize(rate) })),
      insecureHttp,
      keyCopies: {
        places: copies.length,
        notCurrent: copies.filter(({ state }) => state !== 'current').length,
      },
      backupWarnings: backups.warnings(),
      waitingSweeps: await describeWaiting(retention),
      ...(queueProblem === undefined ? {} : { queueProblem }),
      ...(lenientOrganizations === undefined ? {} : { lenientOrganizations }),
      matchOnlyOrganizations: storage.organizations.filter(
        ({ matchOnly, erasedAt }) => matchOnly && erasedAt === undefined,
      ).length,
    };
  };

  async function readOrganizations() {
    try {
      const known = await within(patience, organizations.list());
      database.requireWriter();
      if ((await freeBytes()) >= LEAST_FREE)
        return { state: 'ok' as const, organizations: known, reason: undefined };
      const reason = `Less than ${LEAST_FREE / MEBIBYTE} MiB are free on the disk of ${data}: free some space.`;
      return { state: 'full' as const, organizations: known, reason };
    } catch (error) {
      const full = error instanceof Problem && error.code === 'STORAGE_FULL';
      const reason =
        error instanceof Problem ? error.message : 'The database does not answer; the log says why.';
      return { state: full ? ('full' as const) : ('unavailable' as const), organizations: [], reason };
    }
  }

  /** Organizations whose own profiles verify where a built-in one would refuse by liveness; undefined where it cannot be read. */
  async function countLenient({
    state,
    organizations,
  }: {
    state: string;
    organizations: readonly Organization[];
  }) {
    if (state === 'unavailable') return undefined;
    try {
      const lenient = await within(patience, checks.lenientOrganizations());
      return organizations.filter(({ id, erasedAt }) => erasedAt === undefined && lenient.has(id)).length;
    } catch {
      // A database that fails is told by its own state, at the latest the next time.
      return undefined;
    }
  }
}

/** Over all organizations: which they are is told at the box alone. */
function ownGalleries(measured: readonly GalleryCalibration[]): ApplianceStatus['ownGalleries'] {
  const applied = measured.filter(({ pairs, outdated }) => pairs > 0 && !outdated);
  return [...Map.groupBy(applied, ({ world, scorer }) => `${world}/${scorer}`).values()].map((galleries) => ({
    world: galleries[0]!.world,
    scorer: galleries[0]!.scorer,
    measured: galleries.length,
    raised: galleries.filter(({ shift }) => shift > 0).length,
    largestExcess: Math.max(...galleries.map(({ share, rate }) => share / rate)),
  }));
}

function readinessOf(
  broken: string | undefined,
  { state, reason }: { state: 'ok' | 'full' | 'unavailable'; reason?: string | undefined },
): ApplianceStatus['readiness'] {
  if (broken !== undefined) return { is: 'not-ready', reason: `No picture can be judged: ${broken}` };
  if (state !== 'ok') return { is: 'not-ready', reason: reason ?? 'The database cannot be used.' };
  return { is: 'ready' };
}

/** Which people of which organization is told at the box alone: `gatehouse retention waiting`. */
async function describeWaiting(retention: Pick<Retention, 'waiting'>): Promise<string[]> {
  const { clock, sweeps } = await retention.waiting();
  return [
    ...(clock === undefined
      ? []
      : [`${clock} Nothing is swept until an operator confirms it: “gatehouse retention confirm”.`]),
    ...(sweeps.length === 0
      ? []
      : [
          `Retention sweeps that wait for an operator: ${sweeps.length}. “gatehouse retention waiting” says which.`,
        ]),
  ];
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work,
      wait(milliseconds, undefined, { signal: late.signal }).then(() => {
        throw new Problem('STORAGE_UNAVAILABLE', 'The database does not answer.');
      }),
    ]);
  } finally {
    late.abort();
    // Whichever lost the race is nobody's business any more.
    work.catch(() => {});
  }
}
