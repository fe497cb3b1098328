import { type Job, type Jobs, shownJob } from '../../../engine/jobs/index.ts';
import { time } from '../../../lib/time.ts';
import type { JobReply } from './wire.ts';

export function fromJob(job: Job): JobReply {
  const { seq: _, runAt, createdAt, finishedAt, ...rest } = shownJob(job);
  return {
    ...rest,
    runAt: time(runAt),
    createdAt: time(createdAt),
    finishedAt: finishedAt === undefined ? undefined : time(finishedAt),
  };
}

type Counts = Awaited<ReturnType<Jobs['counts']>>;

export const fromCounts = (counts: Counts) => ({
  items: Object.entries(counts).map(([kind, states]) => ({ kind: kind as keyof Counts, ...states })),
});
