export { createWorks, FollowedWork, Work, type Works } from './works.ts';
