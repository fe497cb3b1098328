import type { World } from '../lib/id.ts';
import { UsageError } from './failure.ts';
import { invocation } from './invocation.ts';

export const worldFlag = [
  '--env <world>',
  'live: real people; test: trial people, who need no liveness model (default: live)',
  readWorld,
] as const;

/** As versions up to 0.1 spelled `--env test`. Still taken, not shown. */
export const olderWorldFlag = ['--test', 'as --env test'] as const;

export interface RealmOptions {
  org?: string;
  env?: World;
  test?: boolean;
}

export function worldOf({ env, test }: Pick<RealmOptions, 'env' | 'test'>): World {
  if (test && env === 'live') throw new UsageError('--test means --env test: give one of the two.');
  return env ?? (test ? 'test' : 'live');
}

function readWorld(text: string): World {
  if (text === 'live' || text === 'test') return text;
  throw new UsageError(`--env: "${text}" is neither live nor test.`);
}

/** A command that can be pasted, about the same organization and world. */
export function nextCommand(words: string, { org, ...options }: RealmOptions): string {
  const organization = org === undefined ? '' : ` --org ${/^\w+$/.test(org) ? org : `'${org}'`}`;
  return `${invocation} ${words}${organization}${worldOf(options) === 'test' ? ' --env test' : ''}`;
}
