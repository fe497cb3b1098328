import type { OrganizationId, World } from '../../lib/id.ts';

/** One organization in one world: what an event belongs to, and who may receive it. */
export interface EventRealm {
  organization: OrganizationId;
  world: World;
}
