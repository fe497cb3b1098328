import type { OrganizationId, World } from '../../lib/id.ts';

/** Where: everything a subject is found in. */
export interface Realm {
  organization: OrganizationId;
  world: World;
}

export const realmKey = ({ organization, world }: Realm) => `${organization}/${world}`;
