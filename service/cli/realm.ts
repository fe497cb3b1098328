import type { Command } from 'commander';
import type { World } from '../lib/id.ts';
import type { Control } from './control/control.ts';
import { invocation } from './invocation.ts';
import { chooseOrganization, organizationFlag } from './organization.ts';
import { type WorldOptions, worldFlag, worldOf } from './world-flag.ts';

export interface RealmOptions extends WorldOptions {
  org?: string;
}

/** The flags of a command that acts in one world of one organization. */
export const withRealm = (command: Command): Command =>
  command.option(...organizationFlag).option(...worldFlag);

/** The organization and the world, as each request names them. */
export async function realmOf(
  control: Pick<Control, 'admin'>,
  options: RealmOptions,
): Promise<{ env: World; query: { organization: string; env: World } }> {
  const { id } = await chooseOrganization(control, options.org);
  const env = worldOf(options);
  return { env, query: { organization: id, env } };
}

/** A command that can be pasted, about the same organization and world. */
export function nextCommand(words: string, { org, ...options }: RealmOptions): string {
  const organization = org === undefined ? '' : ` --org ${/^\w+$/.test(org) ? org : `'${org}'`}`;
  return `${invocation} ${words}${organization}${worldOf(options) === 'test' ? ' --env test' : ''}`;
}
