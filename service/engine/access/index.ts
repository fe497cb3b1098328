import type { KeyId, OrganizationId, World } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { ApiKey, Caller, KeyPrefix, Scope } from './api-key.ts';

export { keyPrefixes, scopes } from './api-key.ts';
export type { ApiKey, Caller, KeyPrefix, Scope } from './api-key.ts';

export interface NewKey {
  organization: OrganizationId;
  world: World;
  scopes: Scope[];
  prefix?: KeyPrefix;
  name?: string;
  /** Milliseconds since 1970. */
  expiresAt?: number;
  browser?: boolean;
  origins?: string[];
}

export interface Access {
  /** The only time the key itself is shown. `<prefix>_<live|test>_<secret>`, secret >= 160 bits. */
  createKey(input: NewKey, actor: Actor): Promise<{ id: KeyId; key: string; record: ApiKey }>;
  listKeys(organization: OrganizationId): Promise<ApiKey[]>;
  revokeKey(organization: OrganizationId, key: KeyId, actor: Actor): Promise<ApiKey>;
  /**
   * Throws MISSING_AUTH (no credential), INVALID_API_KEY_FORMAT (not `<prefix>_<live|test>_<secret>`), INVALID_API_KEY
   * (unknown, revoked, expired: indistinguishable), INSUFFICIENT_SCOPE, ORIGIN_NOT_ALLOWED.
   */
  authenticate(input: { credential?: string; scope: Scope; origin?: string; address?: string }): Promise<Caller>;
}
