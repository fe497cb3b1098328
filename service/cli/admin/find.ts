import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, listOrganizations } from '../organization.ts';
import type { Administrator } from './text.ts';

/** By id or e-mail address, which one account of the appliance has. `org`: only there. */
export async function findAdministrator(
  control: Pick<Control, 'admin'>,
  given: string,
  org: string | undefined,
): Promise<{ organization: string; administrator: Administrator }> {
  const organizations =
    org === undefined ? await listOrganizations(control) : [await chooseOrganization(control, org)];
  for (const { id: organization } of organizations) {
    const items = await allPages((page) =>
      replyOf(
        control.admin.GET('/api/admin/administrators', { params: { query: { organization, ...page } } }),
      ),
    );
    const administrator = items.find(
      ({ id, email }) => id === given || normalizeEmail(email) === normalizeEmail(given),
    );
    if (administrator) return { organization, administrator };
  }
  throw new UsageError(`No administrator has the id or e-mail address "${given}": "admin list" shows all.`);
}
