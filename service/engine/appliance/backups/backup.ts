import { z } from 'zod';
import { Problem } from '../../../lib/problem.ts';
import { actor, time, writtenTime } from '../../../lib/record-fields.ts';
import type { Actor } from '../../audit/index.ts';

/** A backup file in a folder. */
export interface BackupFile {
  path: string;
  /** ms since 1970, as its header says. */
  takenAt: number;
  bytes: number;
  origin: Origin;
  /** The newer of two has the higher one, whatever their clocks said; files of earlier releases have none. */
  sequence?: number;
}

export type Origin = 'operator' | 'schedule';

export const exampleOfRun = {
  id: 'bkp_01m7w3hb8hbf355he5zqwjztdk',
  path: '/mnt/backups/gatehouse-2026-11-20T120000Z.backup',
  startedAt: '2026-11-20T12:00:00.000Z',
  finishedAt: '2026-11-20T12:00:04.000Z',
  bytes: 1_048_576,
  outcome: 'done' as const,
  origin: 'schedule' as const,
  verifiedAt: '2026-11-20T12:00:04.000Z',
};

/** One attempt to write a backup. */
export const BackupRun = z.object({
  id: z.string().describe('Id'),
  path: z.string().describe('The file'),
  startedAt: time('Start time'),
  finishedAt: time('End time').optional(),
  bytes: z.int().min(0).optional().describe('Size of the file'),
  outcome: z
    .enum(['running', 'done', 'failed', 'unproven'])
    .describe('`unproven`: the file exists, but a restore would refuse it'),
  reason: z
    .string()
    .optional()
    .describe(
      'Reason why it failed, or why a restore would refuse it; with `done`, what another program wrote to the database and a restored box does not use',
    ),
  origin: z.enum(['operator', 'schedule']).describe('Trigger'),
  verifiedAt: time('Time of the last test of the file').optional(),
});
export type BackupRun = z.output<typeof BackupRun>;

/** The newest runs, or those that follow `before` in that order. */
export interface RunPage {
  before?: Pick<BackupRun, 'startedAt' | 'id'>;
  limit: number;
}

/** A run, and the state of its file. */
export const ListedRun = BackupRun.extend({
  file: z
    .enum(['there', 'removed', 'away'])
    .optional()
    .describe('`away`: the folder cannot be read at present'),
  futureDated: z.boolean().describe('Whether its start is in the future'),
}).meta({
  id: 'Backup',
  description: 'One attempt to write a backup.',
  examples: [{ ...exampleOfRun, file: 'there', futureDated: false }],
});
export type ListedRun = z.output<typeof ListedRun>;

const plan = {
  folder: '/mnt/backups',
  everyMinutes: 1440,
  keep: 7,
  setBy: 'operator:ada',
  setAt: '2026-11-20T12:00:00.000Z',
};

/** Backups that are made by themselves, into one folder. */
export const BackupPlan = z
  .object({
    folder: z.string().min(1).max(4096).describe('Folder on another disk'),
    everyMinutes: z.int().min(5).max(525_600).describe('Interval in minutes'),
    keep: z.int().min(1).max(10_000).describe('Number of newest files to keep'),
    setBy: actor,
    setAt: time('Time of the change'),
  })
  .meta({ id: 'BackupPlan', description: 'A schedule for backups.', examples: [plan] });
export type BackupPlan = z.output<typeof BackupPlan>;

const MINUTE = 60_000;
/** Minutes after which a plan that failed is tried again, unless it runs more often. */
const AGAIN = 15;

/**
 * Whether a plan should run now. `last` is its newest run that did not begin in the future: what a clock that stood wrong wrote
 * down counts for nothing. A plan that never ran, or whose time passed while the box was off, runs at once.
 */
export function isDue(plan: BackupPlan, last: BackupRun | undefined, now: number): boolean {
  if (last === undefined) return true;
  const pause = last.outcome === 'failed' ? Math.min(plan.everyMinutes, AGAIN) : plan.everyMinutes;
  return now - last.startedAt >= pause * MINUTE;
}

/**
 * The one with the higher sequence first: a clock that stood wrong changes nothing. Files of earlier releases have none and come
 * after; among them one from the future, where the clock stands right now, is older than any other.
 */
export function newestFirst(now: number): (a: BackupFile, b: BackupFile) => number {
  const ahead = ({ takenAt }: BackupFile) => Number(takenAt > now);
  return (a, b) => (b.sequence ?? 0) - (a.sequence ?? 0) || ahead(a) - ahead(b) || b.takenAt - a.takenAt;
}

/**
 * The files that a plan deletes: the schedule's own, beyond the `keep` newest. Never `justWritten`, never the newest of all, and
 * never those of `proven`. Files that failed their proof are deleted first.
 */
export function beyondKeep(
  files: readonly BackupFile[],
  {
    keep,
    justWritten,
    proven,
    unproven = [],
    now,
  }: {
    keep: number;
    justWritten: string;
    /** The one that was proven last, and the last in which nothing was altered. */
    proven: readonly string[];
    /** Files that failed their proof. */
    unproven?: readonly string[];
    now: number;
  },
): BackupFile[] {
  const wouldNotRestore = ({ path }: BackupFile) => Number(unproven.includes(path));
  const [newest] = files.toSorted(newestFirst(now));
  return files
    .filter(({ origin }) => origin === 'schedule')
    .toSorted((a, b) => wouldNotRestore(a) - wouldNotRestore(b) || newestFirst(now)(a, b))
    .slice(keep)
    .filter(({ path }) => path !== justWritten && !proven.includes(path))
    .filter(({ path, sequence }) => sequence === undefined || path !== newest?.path);
}

/** What is wrong with a plan, in words for the operator of the box; undefined when nothing is. */
export function troubleOf(
  plan: BackupPlan,
  { last, lastDone }: { last: BackupRun | undefined; lastDone: BackupRun | undefined },
  now: number,
): string | undefined {
  const since = lastDone
    ? `the last good one is from ${new Date(lastDone.startedAt).toISOString()}`
    : 'there is none yet';
  if (last?.outcome === 'unproven') return `${describeUnproven(last)} (${since})`;
  if (last?.outcome === 'failed') {
    return `The scheduled backup into ${plan.folder} fails (${since}): ${last.reason ?? 'the log says why.'}`;
  }
  const from = Math.max(plan.setAt, lastDone?.startedAt ?? 0);
  if (now - from > 2 * plan.everyMinutes * MINUTE) {
    return `No backup was made into ${plan.folder} for longer than twice its interval (${since}): the service must run for it.`;
  }
  return undefined;
}

/** The warning for a backup that failed its proof: for the operator, then in doctor, `/health` and the alert. */
export const describeUnproven = ({ path, reason }: Pick<BackupRun, 'path' | 'reason'>): string =>
  `The backup ${path} was written, but would not restore: ${reason ?? 'the log says why.'} The file stays, and no older one is removed for it. “gatehouse backup verify” checks it again.`;

/** Another program had written to the database: what it wrote is in the backup, and is not used. */
export const isAltered = ({ outcome, reason }: Pick<BackupRun, 'outcome' | 'reason'>): boolean =>
  outcome === 'done' && reason !== undefined;

/** The warning for such a backup. */
export const describeAltered = ({ path, reason = '' }: Pick<BackupRun, 'path' | 'reason'>): string =>
  `The backup ${path} can be restored, but another program wrote to the database before: ${reason} The newest backup without it stays.`;

/** Sentences shown of one backup. */
const SHOWN = 10;

export const alteredReason = (altered: readonly string[]): string =>
  [
    ...altered.slice(0, SHOWN),
    ...(altered.length > SHOWN ? [`And ${altered.length - SHOWN} more: “gatehouse doctor” names them.`] : []),
  ].join(' ');

/** Why a run failed, in a sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? 'An internal error; the log has the details.' : message;
}

const count = (what: string) => z.int().min(0).describe(what);
const drillExample = {
  id: 'drl_01m7w3hb8hbf355he5zqwjztdk',
  backup: 'bkp_01m7w3hb8hbf355he5zqwjztdk',
  path: '/mnt/backups/gatehouse-2026-11-20T120000Z.backup',
  askedBy: 'operator:ada',
  askedAt: '2026-11-20T12:00:00.000Z',
  finishedAt: '2026-11-20T12:00:07.000Z',
  state: 'passed' as const,
  problems: [],
  found: {
    takenAt: '2026-11-20T12:00:00.000Z',
    schema: '0019',
    organizations: 1,
    people: { there: 1200, erased: 3 },
    templates: { there: 1310, opened: 1307, erased: 3, damaged: 0 },
    match: { asked: 200, found: 200 },
    audit: { lines: 4711, checkpoints: 12, valid: true },
  },
};

/** A trial of a backup: it was restored to scratch, opened with the keys, and looked at as a whole. */
export const Drill = z
  .object({
    id: z.string().describe('Id'),
    backup: z.string().describe('Id of the backup'),
    path: z.string().describe('The file'),
    askedBy: actor,
    askedAt: time('When it was asked for'),
    finishedAt: time('When it ended').optional(),
    state: z
      .enum(['waiting', 'running', 'passed', 'failed'])
      .describe('`passed`: the backup can be restored'),
    now: z
      .object({
        step: z.string().describe('What it does'),
        done: count('Progress').optional(),
        of: count('Of how much').optional(),
      })
      .optional()
      .describe('Progress, while it runs'),
    problems: z.array(z.string()).describe('Reasons why a restore would fail, a sentence each'),
    found: z
      .object({
        takenAt: writtenTime('Time of the backup'),
        schema: z.string().describe('Version of its database'),
        organizations: count('Organizations in it'),
        people: z
          .object({
            there: count('People in it'),
            erased: count('People erased since the backup; a restore leaves them out'),
          })
          .describe('People'),
        templates: z
          .object({
            there: count('Templates in it'),
            opened: count('Those that open'),
            erased: count('Those of erased people'),
            damaged: count('Those that do not open'),
          })
          .describe('Templates'),
        match: z
          .object({
            asked: count('People searched by their own template'),
            found: count('Number of people found'),
          })
          .describe('Test whether people are found'),
        audit: z
          .object({
            lines: count('Lines'),
            checkpoints: count('Checkpoints'),
            valid: z.boolean().describe('Whether the chain is intact'),
          })
          .describe('The audit log in it'),
        altered: z
          .array(z.string())
          .optional()
          .describe(
            'What another program wrote to the database, a sentence each; a restored box does not use it',
          ),
      })
      .optional()
      .describe('Contents; absent if the file could not be opened'),
  })
  .meta({
    id: 'BackupDrill',
    description: 'A test of a backup: restored to a temporary folder, opened and checked as a whole.',
    examples: [drillExample],
  });
export type Drill = z.output<typeof Drill>;

/** What a trial of a backup found. */
export type DrillFindings = NonNullable<Drill['found']>;
export type DrillStep = NonNullable<Drill['now']>;

/** What the test of a backup found. */
interface BackupProof {
  /** Why a restore would refuse it, one sentence each; empty when it would restore. */
  problems: string[];
  /** Undefined where it could not be opened. */
  found: DrillFindings | undefined;
}

/** What touches files; given by compose.ts. */
export interface BackupFiles {
  /** The folder's real path. Throws INVALID_REQUEST for one where no backup should lie. */
  checkFolder(folder: string): Promise<string>;
  /** The name that a backup taken at this time gets. */
  pathIn(folder: string, at: number): string;
  /** Writes, reads back and authenticates one backup. When it throws, nothing is left of it. */
  write(path: string, options: { at: number; origin: Origin }): Promise<{ bytes: number }>;
  /**
   * Restores the file to scratch as `restore` would, with this service's master key, and looks at all of it. `places` of the key
   * store, the first that can be read is used; the key store in use where there is none.
   */
  prove(path: string, places: readonly string[]): Promise<BackupProof>;
  /** As `prove`; it says what it does now. */
  drill(path: string, places: readonly string[], progress: (step: DrillStep) => void): Promise<BackupProof>;
  /** Complete backups of this very appliance in a folder. */
  list(folder: string): Promise<BackupFile[]>;
  /** Whether the file of a run is there; `away` where its folder cannot be read, so that nothing is known. */
  where(path: string): Promise<'there' | 'removed' | 'away'>;
  remove(path: string): Promise<void>;
  /**
   * What opens the master key by its passphrase lies in the key store's copies as well, as it is now. Does nothing where there is
   * no passphrase.
   */
  keepPassphrase(): Promise<void>;
  /** Removes the rest of an interrupted run for the file with this name. */
  clear(path: string): Promise<void>;
}

export interface KeyCopy {
  place: string;
  state: 'current' | 'behind' | 'unreachable';
  reason?: string;
}

/** Where the key store is copied to. */
export interface KeyCopies {
  /** Audited when it was none. */
  add(folder: string, actor: Actor): Promise<KeyCopy>;
  list(): Promise<KeyCopy[]>;
  sync(): Promise<KeyCopy[]>;
}
