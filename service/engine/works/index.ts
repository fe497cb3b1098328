export { createWorks, type FollowedWork, type Work, type Works } from './works.ts';
