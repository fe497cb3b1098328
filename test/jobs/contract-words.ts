import type { Actor } from '../../service/engine/audit/index.ts';
import type { JobOutcome, RunningJob } from '../../service/engine/jobs/index.ts';
import type { Life } from './jobs-world.ts';

export const done: JobOutcome = { is: 'done' };
export const failed: JobOutcome = { is: 'failed', error: 'refused' };
export const ada: Actor = { is: 'operator', name: 'ada' };
export const name = (job: RunningJob) => String(job.payload.name);
export const begun = (life: Life) => life.begun.map(({ job }) => name(job));
export const named = (...names: string[]) => names.map((one) => ({ payload: { name: one } }));
