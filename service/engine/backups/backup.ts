/** A backup file that lies in a folder. */
export interface BackupFile {
  path: string;
  /** ms since 1970, as its header says. */
  takenAt: number;
  bytes: number;
  origin: Origin;
}

export type Origin = 'operator' | 'schedule';

/** One attempt to write a backup. */
export interface BackupRun {
  id: string;
  path: string;
  startedAt: number;
  finishedAt?: number;
  bytes?: number;
  outcome: 'running' | 'done' | 'failed';
  /** Why it failed. */
  reason?: string;
  origin: Origin;
  /** When `backup verify` last proved the file. */
  verifiedAt?: number;
}

/** Backups that are made by themselves, into one folder. */
export interface BackupPlan {
  folder: string;
  everyMinutes: number;
  /** Complete files of the schedule that stay. */
  keep: number;
  setBy: string;
  setAt: number;
}

const MINUTE = 60_000;
/** Minutes after which a plan that failed is tried again, unless it runs more often. */
const AGAIN = 15;

/**
 * Whether a plan should run now. `last` is its newest run that did not begin in the future: what a clock that stood wrong wrote
 * down counts for nothing. A plan that never ran, or whose time passed while the box was off, runs at once.
 */
export function isDue(plan: BackupPlan, last: BackupRun | undefined, now: number): boolean {
  if (last === undefined) return true;
  const pause = last.outcome === 'done' ? plan.everyMinutes : Math.min(plan.everyMinutes, AGAIN);
  return now - last.startedAt >= pause * MINUTE;
}

/**
 * The files that a plan lets go: the schedule's own, beyond the `keep` newest. Never `justWritten`, and never the one that was
 * proven last. One from the future, where the clock stands right now, is older than any other: the clock stood wrong when it was made.
 */
export function beyondKeep(
  files: readonly BackupFile[],
  {
    keep,
    justWritten,
    proven,
    now,
  }: { keep: number; justWritten: string; proven: string | undefined; now: number },
): BackupFile[] {
  const ahead = ({ takenAt }: BackupFile) => Number(takenAt > now);
  return files
    .filter(({ origin }) => origin === 'schedule')
    .toSorted((a, b) => ahead(a) - ahead(b) || b.takenAt - a.takenAt)
    .slice(keep)
    .filter(({ path }) => path !== justWritten && path !== proven);
}

/** What is wrong with a plan, in words for whoever runs the box; undefined when nothing is. */
export function troubleOf(
  plan: BackupPlan,
  { last, lastDone }: { last: BackupRun | undefined; lastDone: BackupRun | undefined },
  now: number,
): string | undefined {
  const since = lastDone
    ? `the last good one is from ${new Date(lastDone.startedAt).toISOString()}`
    : 'there is none yet';
  if (last?.outcome === 'failed') {
    return `The scheduled backup into ${plan.folder} fails (${since}): ${last.reason ?? 'the log says why.'}`;
  }
  const from = Math.max(plan.setAt, lastDone?.startedAt ?? 0);
  if (now - from > 2 * plan.everyMinutes * MINUTE) {
    return `No backup was made into ${plan.folder} for longer than twice its interval (${since}): the service must run for it.`;
  }
  return undefined;
}
