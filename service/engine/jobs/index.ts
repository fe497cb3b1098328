export type { BoardLinks, BoardLinksDeps, BoardSession } from './board-links.ts';
export { createBoardLinks } from './board-links.ts';
export type { JobsDeps } from './create-jobs.ts';
export { createJobs } from './create-jobs.ts';
export { createDatabaseDriver } from './database-driver.ts';
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
export { shownError, shownJob, shownPayload } from './shown-job.ts';
