import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '../../../lib/problem.ts';
import {
  type ChallengeRules,
  type Challenges,
  circumstancesIn,
  type ModelPlan,
  type Profile,
  planModels,
  profileNamed,
  type WithoutMotion,
} from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import { behaviorPage, picturesPage } from './page-consent.ts';
import type { SessionParts } from './parts.ts';
import type { BeginOrder, ChosenPath, SessionFlow, SessionPage, WholeSession } from './session.ts';
import type { ProfileChoice } from './sessions.ts';

/** What a session does with an attempt of its own kind. */
export type SessionRules = Pick<ChallengeRules, 'repeats' | 'withoutMotion' | 'suspectCamera' | 'undecided'>;

/** Where the profile is gone a person decides, and what is undecided is refused. */
const WITHOUT_PROFILE: SessionRules = {
  repeats: 'refuse',
  withoutMotion: 'review',
  suspectCamera: 'review',
  undecided: 'refuse',
};

/** The rules of a session: of its profile, but a proof of presence is for the next minutes and cannot wait for a person. */
export function rulesIn(
  flow: SessionFlow | string,
  profile: Profile | undefined,
  challenges: Pick<Challenges, 'rules'>,
): SessionRules {
  const rules = profile ? challenges.rules(profile) : WITHOUT_PROFILE;
  if (flow !== 'presence') return rules;
  const now = <Rule>(rule: Rule | 'review') => (rule === 'review' ? 'refuse' : rule);
  return {
    repeats: rules.repeats,
    withoutMotion: now(rules.withoutMotion),
    suspectCamera: now(rules.suspectCamera),
    undecided: 'refuse',
  };
}

/** Throws MOTION_REQUIRED. */
export function requirePath({ motion }: Pick<ChosenPath, 'motion'>, rule: WithoutMotion): void {
  if (motion || rule !== 'refuse') return;
  throw new Problem(
    'MOTION_REQUIRED',
    'This check is not done without turning the head: the person can turn the head, or be confirmed in another way, such as at the desk.',
  );
}

/** The profile of a session, and the models that judge its frames. Throws PROFILE_NOT_FOUND, MODEL_NOT_INSTALLED, PAD_NOT_INSTALLED. */
export async function planOf(
  { profiles, models, organizations, subjects, clock }: SessionParts,
  { realm, profile: slug }: Pick<WholeSession, 'realm' | 'profile'>,
): Promise<{ profile: Profile; plan: ModelPlan }> {
  const { organization, world } = realm;
  const profile = await profiles.get(organization, slug);
  const { matchOnly } = await organizations.get(organization);
  const circumstances = circumstancesIn({ models, subjects, clock }, realm);
  const plan = planModels(profile, { ...circumstances, world, matchOnly: matchOnly && world === 'live' });
  return { profile, plan };
}

/** The named profile, or the one that the organization uses. */
export async function chosenProfile(
  { organizations, profiles }: Pick<SessionParts, 'organizations' | 'profiles'>,
  { organization }: Realm,
  { profile: named, profiles: key = [] }: ProfileChoice,
): Promise<Profile> {
  const { allowedProfiles } = await organizations.get(organization);
  const inUse = await profiles.list(organization);
  return profiles.get(organization, profileNamed({ named, inUse, organization: allowedProfiles, key }));
}

/** The page of a session with what its profile adds: behavior that is collected, pictures that are kept while a person decides. */
export function profilePage(
  page: SessionPage,
  { flow, profile }: { flow: SessionFlow; profile: Profile },
  challenges: Pick<Challenges, 'rules'>,
): SessionPage {
  const { undecided, suspectCamera } = rulesIn(flow, profile, challenges);
  const collecting = challenges.rules(profile).collectsBehavior ? behaviorPage(page) : page;
  return undecided === 'review' || suspectCamera === 'review' ? picturesPage(collecting) : collecting;
}

/** 256 bits, as text. */
export function makeCapability(random: (into: Uint8Array) => void): string {
  const bytes = new Uint8Array(32);
  random(bytes);
  return Buffer.from(bytes).toString('base64url');
}

/** What is stored of a capability. */
export const capabilityHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * A browser's secret with its link and what its person agreed to, as it is stored in place of a follower: by it a repeat is known whose
 * first answer was lost. It is of no capability.
 */
export const beginHash = ({ secret, link, consent, path }: Omit<BeginOrder, 'device'>): string | null =>
  secret === undefined
    ? null
    : capabilityHash(
        JSON.stringify(['begin', secret, link, consent.version, consent.purposes, path.flash, path.motion]),
      );

/** Compares two stored hashes in constant time. */
export const sameHash = (a: string, b: string | null): boolean =>
  b !== null && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export const over = () =>
  new Problem('MISSING_AUTH', 'The session has ended, or was never there: open the link again.');
