import type { Schemas } from '../../../sdk/admin/client.ts';

export type Key = Schemas['Key'];

export const shownKey = ({ prefix, env, hint }: Key) => `${prefix}_${env}_…${hint}`;

/** What it may name. */
export const profilesOf = ({ profiles }: Pick<Key, 'profiles'>) =>
  profiles.join(', ') || 'those of the organization';

/** Where it may be sent from. */
export const boundTo = ({ origins, cidrs }: Pick<Key, 'origins' | 'cidrs'>) =>
  [...origins, ...cidrs].join(', ') || 'anywhere';
