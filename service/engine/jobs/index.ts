export type {
  FinishedJob,
  Job,
  JobHandler,
  JobKind,
  JobOutcome,
  JobState,
  NewJob,
  RunningJob,
} from './job.ts';
export { jobKinds } from './job.ts';
export type { JobQuery, Jobs } from './jobs.ts';
