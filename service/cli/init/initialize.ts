import { replyOf } from '../../../sdk/admin/client.ts';
import { scopes } from '../../engine/accounts/access/scope.ts';
import type { World } from '../../lib/id.ts';
import type { Control } from '../control/control.ts';
import { listOrganizations } from '../organization.ts';

/**
 * The first organization with a key (all scopes but `admin`) for each of `worlds`. Undefined where there is an organization
 * already, and then nothing is made; one left without keys by an interrupted run gets them now. `before` runs before the keys are made,
 * and again after an interruption.
 */
export async function initialize<W extends World>(
  control: Control,
  name: string,
  worlds: readonly W[],
  before: (organization: string) => Promise<void> = async () => {},
): Promise<{ organizationId: string; keys: Record<W, string> } | undefined> {
  const organizations = await listOrganizations(control);
  let [organization] = organizations;
  if (organization) {
    const { items: keys } = await replyOf(
      control.admin.GET('/api/admin/keys', {
        params: { query: { organization: organization.id, limit: 1 } },
      }),
    );
    if (organization.erasedAt !== undefined) return undefined;
    if (organizations.length > 1 || organization.name !== name || keys.length > 0) return undefined;
  }
  organization ??= await replyOf(control.admin.POST('/api/admin/organizations', { body: { name } }));
  await before(organization.id);
  const keys: Partial<Record<W, string>> = {};
  for (const world of worlds) {
    const made = await replyOf(
      control.admin.POST('/api/admin/keys', {
        params: { query: { organization: organization.id } },
        body: {
          env: world,
          scopes: scopes.filter((scope) => scope !== 'admin'),
          name: `first ${world} key`,
        },
      }),
    );
    keys[world] = made.key;
  }
  return { organizationId: organization.id, keys: keys as Record<W, string> };
}
