import type { KeyCaller } from '../../engine/access/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import type { EventRealm } from '../../engine/events/index.ts';

/** A key acts in its own organization and world, and nowhere else. */
export const toRealm = ({ organization, world }: Pick<KeyCaller, 'organization' | 'world'>): EventRealm => ({
  organization,
  world,
});
export const toActor = ({ key }: Pick<KeyCaller, 'key'>, request: string): Actor => ({
  is: 'key',
  key,
  request,
});
