import { defined } from '../../lib/defined.ts';
import { Problem, type ProblemDetail } from '../../lib/problem.ts';
import { parseNetwork } from '../organizations/index.ts';
import type { ApiKey } from './api-key.ts';
import { readNetworks, readOrigins } from './new-key.ts';
import { holdsScope, type Scope, scopes, simplestScopes } from './scope.ts';

/** Absent fields stay unchanged. */
export interface Narrowing {
  scopes?: Scope[];
  origins?: string[];
  cidrs?: string[];
  profiles?: string[];
  /** Milliseconds since 1970. */
  expiresAt?: number;
}

const WIDER = 'Rights cannot be added to a key, because its holder was given less: create a new key.';

/**
 * The key with less than it had: fewer scopes, fewer origins or the first ones, networks inside its own or the first ones,
 * fewer profiles or the first ones, an earlier end. Throws INVALID_REQUEST, naming each field that would widen it or is wrong.
 */
export function narrowKey(key: ApiKey, change: Narrowing, now: number): ApiKey {
  const details: ProblemDetail[] = [];
  const refuse = (path: keyof Narrowing, message: string) => details.push({ path, message });

  const kept = simplestScopes(change.scopes ?? key.scopes);
  const more = (change.scopes ?? []).filter((scope) => !holdsScope(key.scopes, scope));
  if (more.length > 0) refuse('scopes', `The key does not have ${more.join(', ')}. ${WIDER}`);
  else if (kept.length === 0)
    refuse('scopes', `Leave at least one scope of ${scopes.join(', ')}, or revoke the key.`);

  const origins = change.origins === undefined ? key.origins : readOrigins(change.origins, refuse);
  const open = key.origins.length === 0 && !key.browser;
  if (!open && (origins.length === 0 || origins.some((origin) => !key.origins.includes(origin)))) {
    refuse('origins', `The key is bound to ${key.origins.join(', ')}. ${WIDER}`);
  }

  const cidrs = change.cidrs === undefined ? key.cidrs : readNetworks(change.cidrs, refuse);
  if (key.cidrs.length > 0 && (cidrs.length === 0 || cidrs.some((cidr) => !isInside(cidr, key.cidrs)))) {
    refuse('cidrs', `The key is bound to ${key.cidrs.join(', ')}. ${WIDER}`);
  }

  const profiles = change.profiles === undefined ? key.profiles : [...new Set(change.profiles)];
  const wider = key.profiles.length > 0 && profiles.some((slug) => !key.profiles.includes(slug));
  if (wider || (key.profiles.length > 0 && profiles.length === 0))
    refuse('profiles', `The key is bound to the profiles ${key.profiles.join(', ')}. ${WIDER}`);

  const { expiresAt = key.expiresAt } = change;
  if (change.expiresAt !== undefined) {
    if (!Number.isSafeInteger(change.expiresAt) || change.expiresAt <= now)
      refuse('expiresAt', 'The key has to expire in the future; to end it at once, revoke it.');
    else if (key.expiresAt !== undefined && change.expiresAt > key.expiresAt)
      refuse('expiresAt', `The key ends at ${new Date(key.expiresAt).toISOString()}. ${WIDER}`);
  }

  if (details.length > 0) {
    throw new Problem('INVALID_REQUEST', details.map(({ message }) => message).join(' '), { details });
  }
  return { ...key, scopes: kept, origins, cidrs, profiles, ...defined({ expiresAt }) };
}

function isInside(cidr: string, networks: readonly string[]): boolean {
  const inner = parseNetwork(cidr)!;
  return networks.some((text) => {
    const outer = parseNetwork(text)!;
    return outer.bits <= inner.bits && outer.holds(inner.cidr.split('/')[0]!);
  });
}
