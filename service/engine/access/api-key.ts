import type { KeyId, OrganizationId, World } from '../../lib/id.ts';
import type { Scope } from './scope.ts';

export const keyPrefixes = ['gh', 'prf', 'huma', 'hp', 'sk'] as const;
export type KeyPrefix = (typeof keyPrefixes)[number];

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
  /** Slugs of the profiles it may name; empty: those that the organization allows. */
  profiles: string[];
  /** Id of the first key of those that succeeded one another. */
  lineage: string;
  /** The key it was rotated to. */
  successor?: KeyId;
  createdAt: number;
  expiresAt?: number;
  revokedAt?: number;
  lastUsedAt?: number;
  lastUsedAddress?: string;
  /** The row was written or changed by another program, so the key is refused. */
  altered?: true;
}

export function isValid({ revokedAt, expiresAt, altered }: ApiKey, now: number): boolean {
  return !altered && revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}
