import { allPages } from '../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../sdk/admin/client.ts';
import type { Control } from './control/control.ts';
import { UsageError } from './failure.ts';

export type Organization = Schemas['Organization'];

export const organizationFlag = [
  '--org <id>',
  'organization, by id or name; optional when there is only one',
] as const;

/** All of the box or the first `most`, the newest first. */
export const listOrganizations = (
  { admin }: Pick<Control, 'admin'>,
  most?: number,
): Promise<Organization[]> =>
  allPages((page) => replyOf(admin.GET('/api/admin/organizations', { params: { query: page } })), most);

/** The organization a command is about; one that was erased only where it is named, or where all were. */
export async function chooseOrganization(
  control: Pick<Control, 'admin'>,
  given: string | undefined,
): Promise<Organization> {
  if (given?.startsWith('org_'))
    return replyOf(
      control.admin.GET('/api/admin/organization', { params: { query: { organization: given } } }),
    );
  const organizations = await listOrganizations(control);
  const inUse = organizations.filter(({ erasedAt }) => erasedAt === undefined);
  const counting = inUse.length > 0 ? inUse : organizations;
  const found = given === undefined ? counting : organizations.filter((one) => one.name === given);
  const [only] = found;
  if (only && found.length === 1) return only;
  const list = counting.map((one) => `  ${one.id}  ${one.name}`).join('\n');
  if (organizations.length === 0)
    throw new UsageError('There is no organization yet. Make one: org create --name NAME');
  if (given === undefined)
    throw new UsageError(`There are several organizations; name one with --org ID:\n${list}`);
  throw new UsageError(`No single organization is called "${given}". There are:\n${list}`);
}
