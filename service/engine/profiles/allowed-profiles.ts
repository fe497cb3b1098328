import { Problem } from '../../lib/problem.ts';
import type { Actor } from '../audit/index.ts';
import type { Profile } from './profile.ts';

interface Asked {
  /** Id or slug; undefined where the caller named none. */
  named: string | undefined;
  /** Every profile in use: the organization's own, and built-in ones it has not replaced. */
  inUse: readonly Profile[];
  /** Slugs the organization allows; all in use where it does not say. */
  organization: readonly string[] | undefined;
  /** Slugs the key is restricted to; empty: those of the organization. */
  key: readonly string[];
}

/** Those of `inUse` that the organization allows. */
export const allowedOf = (inUse: readonly Profile[], slugs: readonly string[] | undefined): Profile[] =>
  inUse.filter(({ slug }) => slugs === undefined || slugs.includes(slug));

/**
 * The name of the profile for a call that names none: `default`, or the only one that is allowed.
 */
export function profileNamed({ named, inUse, organization, key }: Asked): string {
  if (named !== undefined) return named;
  const allowed = forKey(allowedOf(inUse, organization), key);
  return allowed.length === 1 ? allowed[0]!.slug : 'default';
}

/**
 * Throws PROFILE_NOT_ALLOWED, naming those that are allowed. A built-in profile that the organization has replaced is not
 * allowed under its id either. An operator of the box may run any.
 */
export function requireAllowed(
  profile: Profile,
  actor: Actor,
  { inUse, organization, key }: Omit<Asked, 'named'>,
): void {
  if (actor.is === 'operator') return;
  const allowed = forKey(allowedOf(inUse, organization), key);
  if (allowed.some(({ slug, builtIn }) => slug === profile.slug && builtIn === profile.builtIn)) return;
  const names = allowed.map(({ slug }) => slug).join(', ');
  throw new Problem(
    'PROFILE_NOT_ALLOWED',
    names === ''
      ? 'No profile is allowed to this caller: an operator chooses with “gatehouse org set --profiles”; “gatehouse doctor” says whether the settings of the organization are in use.'
      : `The profile ${profile.id} is not allowed to this caller: name one of ${names}.`,
  );
}

const forKey = (profiles: readonly Profile[], slugs: readonly string[]): Profile[] =>
  profiles.filter(({ slug }) => slugs.length === 0 || slugs.includes(slug));
