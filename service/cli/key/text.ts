import type { Schemas } from '../../../sdk/admin/client.ts';

export type Key = Schemas['Key'];

export const shownKey = ({ prefix, env, hint }: Key) => `${prefix}_${env}_…${hint}`;

/** Allowed profiles. */
export const profilesOf = ({ profiles }: Pick<Key, 'profiles'>) =>
  profiles.join(', ') || 'those of the organization';

/** Allowed origins and networks. */
export const boundTo = ({ origins, cidrs }: Pick<Key, 'origins' | 'cidrs'>) =>
  [...origins, ...cidrs].join(', ') || 'anywhere';
