import { invocation } from './invocation.ts';
import { type WorldOptions, worldOf } from './world-flag.ts';

export interface RealmOptions extends WorldOptions {
  org?: string;
}

/** A command that can be pasted, about the same organization and world. */
export function nextCommand(words: string, { org, ...options }: RealmOptions): string {
  const organization = org === undefined ? '' : ` --org ${/^\w+$/.test(org) ? org : `'${org}'`}`;
  return `${invocation} ${words}${organization}${worldOf(options) === 'test' ? ' --env test' : ''}`;
}
