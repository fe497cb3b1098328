import type { Control } from '../control/control.ts';
import { chooseOrganization } from '../organization.ts';

/** The id of the organization that was named by id or name; undefined where none was. */
export async function organizationId(open: Control, given: string | undefined): Promise<string | undefined> {
  return given === undefined ? undefined : (await chooseOrganization(open, given)).id;
}
