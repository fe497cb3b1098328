import type { Control } from './control/control.ts';
import { chooseOrganization } from './organization.ts';
import { worldOf } from './world-flag.ts';

/** The flags that say where a command acts. */
export interface Realm {
  org?: string;
  test?: boolean;
}

/** The organization and the world, as each request names them. */
export async function realmOf(open: Control, options: Realm) {
  const { id } = await chooseOrganization(open, options.org);
  return { organization: id, env: worldOf(options) };
}
