import type { World } from '../lib/id.ts';

export const worldFlag = [
  '--test',
  'in the test world, which sees only trial people and needs no liveness model',
] as const;

export const worldOf = (options: { test?: boolean }): World => (options.test ? 'test' : 'live');
