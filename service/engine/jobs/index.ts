export type { AttemptEnd, DriverWork, JobDriver, JobTicket } from './driver.ts';
export type {
  FinishedJob,
  Job,
  JobHandler,
  JobKind,
  JobOutcome,
  JobPriority,
  JobState,
  NewJob,
  RunningJob,
} from './job.ts';
export { jobKinds } from './job.ts';
export type { JobQuery, Jobs } from './jobs.ts';
