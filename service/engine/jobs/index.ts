export type { BoardLinks, BoardLinksDeps, BoardSession } from './board-links.ts';
export { createBoardLinks } from './board-links.ts';
export type { JobKind, JobState } from './job.ts';
export { Job, jobKinds, jobStates } from './job.ts';
export type { JobQuery, Jobs, JobsDeps } from './jobs.ts';
export { createJobs } from './jobs.ts';
