import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, World } from '../../../lib/id.ts';
import { parseNetwork } from '../../../lib/network.ts';
import { Problem, type ProblemDetail } from '../../../lib/problem.ts';
import { type ApiKey, type KeyPrefix, keyPrefixes } from './api-key.ts';
import { holdsScope, type Scope, scopes, simplestScopes } from './scope.ts';

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
  /** Networks it may be used from, `10.20.0.0/16`; from anywhere when there is none. */
  cidrs?: string[];
  /** Slugs of the profiles it may name; those that the organization allows when there is none. */
  profiles?: string[];
}

/** A key in page code may create sessions and call the behavior family, nothing else (contracts/README.md, Keys). */
const browserScopes: readonly Scope[] = ['sessions', 'behavior'];

/**
 * The key with its defaults, origins in their canonical spelling, scopes once each and in the list's order. Throws
 * INVALID_REQUEST, naming each field that is wrong.
 */
export function checkNewKey(
  input: NewKey,
  now: number,
): Required<Omit<NewKey, 'expiresAt'>> & { expiresAt?: number } {
  const details: ProblemDetail[] = [];
  const refuse = (path: keyof NewKey, message: string) => details.push({ path, message });
  const { organization, world, prefix = 'gh', browser = false, expiresAt } = input;

  if (world !== 'live' && world !== 'test') refuse('world', 'A key belongs to the world live or test.');
  if (!keyPrefixes.includes(prefix)) refuse('prefix', `The prefix is one of ${keyPrefixes.join(', ')}.`);
  const name = input.name?.trim() ?? '';
  if (name.length > 80) refuse('name', 'The name has at most 80 characters.');
  const unknown = input.scopes.filter((scope) => !scopes.includes(scope));
  if (input.scopes.length === 0) refuse('scopes', `Give the key at least one scope of ${scopes.join(', ')}.`);
  if (unknown.length > 0)
    refuse('scopes', `No such scope: ${unknown.join(', ')}. There are ${scopes.join(', ')}.`);
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    refuse('expiresAt', 'The key has to expire in the future.');
  }
  const origins = readOrigins(input.origins ?? [], refuse);
  const cidrs = readNetworks(input.cidrs ?? [], refuse);
  if (browser && (input.origins ?? []).length === 0) {
    refuse('origins', 'A browser key is bound to at least one origin such as https://shop.example.');
  }
  if (browser && input.scopes.some((scope) => !browserScopes.includes(scope))) {
    refuse('scopes', `A browser key has no scopes but ${browserScopes.join(' and ')}.`);
  }

  if (details.length > 0) {
    throw new Problem('INVALID_REQUEST', details.map(({ message }) => message).join(' '), { details });
  }
  return {
    organization,
    world,
    scopes: simplestScopes(input.scopes),
    prefix,
    name,
    browser,
    origins,
    cidrs,
    profiles: [...new Set(input.profiles ?? [])],
    ...defined({ expiresAt }),
  };
}

type Refuse = (path: 'origins' | 'cidrs', message: string) => void;

/** Each once, in canonical spelling. */
function readOrigins(texts: readonly string[], refuse: Refuse): string[] {
  const origins = new Set<string>();
  for (const text of texts) {
    const origin = parseOrigin(text);
    if (origin) origins.add(origin);
    else refuse('origins', `"${text}" is not an origin such as https://shop.example.`);
  }
  return [...origins];
}

/** Each once, in canonical spelling. */
function readNetworks(texts: readonly string[], refuse: Refuse): string[] {
  const networks = new Set<string>();
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network) networks.add(network.cidr);
    else
      refuse('cidrs', `"${text}" is not a network such as 10.20.0.0/16 or, for one address, 10.20.0.7/32.`);
  }
  return [...networks];
}

/** As a browser sends it: scheme, host, port unless it is the scheme's own; nothing after. */
export function parseOrigin(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  // In the policy of a page "*" would be every host, and ";" the end of the list.
  if (!/^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname)) return undefined;
  return url.href === `${url.origin}/` ? url.origin : undefined;
}

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
