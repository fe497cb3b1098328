import type { KeyId, OrganizationId, World } from '../../lib/id.ts';

export const keyPrefixes = ['gh', 'prf', 'huma', 'hp', 'sk'] as const;
export type KeyPrefix = (typeof keyPrefixes)[number];

export const scopes = [
  'identity',
  'presence',
  'sessions',
  'behavior',
  'hosted',
  'registrations',
  'webhooks',
  'admin',
] as const;
export type Scope = (typeof scopes)[number];

/** A key as it is listed: never its secret. */
export interface ApiKey {
  id: KeyId;
  organization: OrganizationId;
  name: string;
  prefix: KeyPrefix;
  world: World;
  hint: string;
  scopes: Scope[];
  /** Only these origins may send it from a browser; empty for a server's key. */
  origins: string[];
  browser: boolean;
  /** Networks it may be used from, in canonical CIDR; empty: from anywhere. */
  cidrs: string[];
  /** Id of the first key of those that succeeded one another. */
  lineage: string;
  /** The key it was rotated to. */
  successor?: KeyId;
  createdAt: number;
  expiresAt?: number;
  revokedAt?: number;
  lastUsedAt?: number;
  lastUsedAddress?: string;
}

/** Who calls, after the key was checked. Every door works inside `organization` and `world` and nothing else. */
export interface Caller {
  key: KeyId;
  /** Of the key and all it was rotated from: what is counted and owned outlives a rotation under this. */
  lineage: string;
  organization: OrganizationId;
  world: World;
  scopes: readonly Scope[];
  /** The origins the key is bound to; a page of one of them may read the answers. Absent or empty for a server's key. */
  origins?: readonly string[];
}
