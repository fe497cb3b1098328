import type { BackupPlan, BackupRun, Drill, ListedRun, MadeBackup } from '../../../engine/backups/index.ts';
import { time } from '../../../lib/time.ts';
import type { BackupReply, DrillReply, MadeBackupReply, PlanReply } from './wire.ts';

export const fromPlan = ({ setAt, ...rest }: BackupPlan): PlanReply => ({ ...rest, setAt: time(setAt) });

const timesOf = ({ startedAt, finishedAt, verifiedAt }: BackupRun) => ({
  startedAt: time(startedAt),
  finishedAt: time(finishedAt),
  verifiedAt: time(verifiedAt),
});

export const fromRun = (run: ListedRun): BackupReply => ({ ...run, ...timesOf(run) });

/** The rest of what is known of a place is said by the list of places. */
export const fromMade = ({ run, keys, advice }: MadeBackup): MadeBackupReply => ({
  ...run,
  ...timesOf(run),
  keys: keys.map(({ place, state, reason }) => ({ place, state, reason })),
  advice,
});

export const fromDrill = ({ askedAt, finishedAt, ...rest }: Drill): DrillReply => ({
  ...rest,
  askedAt: time(askedAt),
  finishedAt: time(finishedAt),
});
