export type { BoardLinks, BoardLinksDeps, BoardSession } from './board-links.ts';
export { createBoardLinks } from './board-links.ts';
export type { Job, JobKind, JobQuery, JobState, Jobs, JobsDeps } from './jobs.ts';
export { createJobs, jobKinds, jobStates } from './jobs.ts';
