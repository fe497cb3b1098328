import type { Job, Jobs } from '../../../engine/jobs/index.ts';
import { time } from '../../../lib/time.ts';
import type { JobReply } from './wire.ts';

export function fromJob(job: Job): JobReply {
  const { runAt, createdAt, finishedAt, ...rest } = job;
  return {
    ...rest,
    runAt: runAt === undefined ? undefined : time(runAt),
    createdAt: createdAt === undefined ? undefined : time(createdAt),
    finishedAt: finishedAt === undefined ? undefined : time(finishedAt),
  };
}

type Counts = Awaited<ReturnType<Jobs['counts']>>;

export const fromCounts = (counts: Counts) => ({
  items: Object.entries(counts).map(([kind, states]) => ({ kind: kind as keyof Counts, ...states })),
});
