export type { Completed, Hosted } from './hosted.ts';
export { createHosted } from './hosted.ts';
export type { HostedLink, HostedReason, HostedStatus } from './hosted-link.ts';
export { hostedReasons } from './hosted-link.ts';
export type { HostedDeps } from './hosted-parts.ts';
export type { LinkAsker, NewLink } from './new-link.ts';
export { createHostedData } from './personal-data.ts';
