import { scopes } from '../engine/access/api-key.ts';
import { Problem } from '../lib/problem.ts';
import type { Control } from './control.ts';
import type { OrganizationReply } from './organization.ts';

export interface Initialized {
  organizationId: string;
  keys: { live: string; test: string };
}

/**
 * The first organization with a live and a test key (all scopes but `admin`). Refuses with CONFLICT where there is an
 * organization already, and makes nothing; one left without keys by an interrupted run gets them now.
 */
export async function initialize(control: Control, name: string): Promise<Initialized> {
  const { organizations } = await control.get<{ organizations: OrganizationReply[] }>('/organizations');
  const existing = organizations[0];
  let organization = existing;
  if (existing) {
    const { keys } = await control.get<{ keys: unknown[] }>(`/organizations/${existing.id}/keys`);
    if (organizations.length > 1 || existing.name !== name || keys.length > 0) {
      throw new Problem(
        'CONFLICT',
        `This directory is initialized already, with the organization "${existing.name}" (${existing.id}); nothing was changed. ` +
          'Another organization: org create --name NAME. Another key: key create --org ID --scopes identity --env live.',
      );
    }
  }
  organization ??= await control.send<OrganizationReply>('POST', '/organizations', { name });
  const keyOf = async (world: 'live' | 'test') => {
    const { key } = await control.send<{ key: string }>('POST', `/organizations/${organization.id}/keys`, {
      world,
      scopes: scopes.filter((scope) => scope !== 'admin'),
      name: `made by init, ${world}`,
    });
    return key;
  };
  return { organizationId: organization.id, keys: { live: await keyOf('live'), test: await keyOf('test') } };
}
