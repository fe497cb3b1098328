import type { Command } from 'commander';
import type { Control } from '../control/control.ts';
import { invocation } from '../invocation.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { worldOf } from '../world-flag.ts';

export interface About {
  org?: string;
  test?: boolean;
}

/** The flags that every webhook command takes. */
export const withAbout = (command: Command): Command =>
  command.option(...organizationFlag).option('--test', 'of the test world: events of trial people');

/** A command that can be pasted, about the same organization and world. */
export function nextCommand(words: string, { org, test }: About): string {
  const organization = org === undefined ? '' : ` --org ${/^\w+$/.test(org) ? org : `'${org}'`}`;
  return `${invocation} ${words}${organization}${test ? ' --test' : ''}`;
}

/** The organization and the world, as each request names them. */
export async function realmOf(open: Control, options: About) {
  const { id } = await chooseOrganization(open, options.org);
  const env = worldOf(options);
  return { env, query: { organization: id, env } };
}
