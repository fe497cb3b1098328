import { Problem } from '../../../lib/problem.ts';
import type { Challenges } from '../attempts/challenge.ts';
import type { ChosenPath, SessionFlow, SuspectCamera, Undecided, WithoutMotion } from '../session.ts';

/**
 * What the path without motion yields in a session: by its profile, where that is gone a person decides, but a proof of presence is for the
 * next minutes and cannot wait for one.
 */
export function withoutMotionIn(
  flow: SessionFlow | string,
  profile: Parameters<Challenges['withoutMotion']>[0] | undefined,
  challenges: Pick<Challenges, 'withoutMotion'>,
): WithoutMotion {
  const rule = profile ? challenges.withoutMotion(profile) : 'review';
  return flow === 'presence' && rule === 'review' ? 'refuse' : rule;
}

/** What a suspect camera yields in a session: by its profile, where that is gone a person decides, but a proof of presence cannot wait. */
export function suspectCameraIn(
  flow: SessionFlow | string,
  profile: Parameters<Challenges['suspectCamera']>[0] | undefined,
  challenges: Pick<Challenges, 'suspectCamera'>,
): SuspectCamera {
  const rule = profile ? challenges.suspectCamera(profile) : 'review';
  return flow === 'presence' && rule === 'review' ? 'refuse' : rule;
}

/** What an undecided attempt yields in a session: by its profile; where that is gone, and in a proof of presence, it is refused. */
export function undecidedIn(
  flow: SessionFlow | string,
  profile: Parameters<Challenges['undecided']>[0] | undefined,
  challenges: Pick<Challenges, 'undecided'>,
): Undecided {
  return profile && flow !== 'presence' ? challenges.undecided(profile) : 'refuse';
}

/** Throws MOTION_REQUIRED. */
export function requirePath({ motion }: Pick<ChosenPath, 'motion'>, rule: WithoutMotion): void {
  if (!motion && rule === 'refuse') throw motionRequired();
}

const motionRequired = () =>
  new Problem(
    'MOTION_REQUIRED',
    'This check is not done without turning the head: the person can turn the head, or be confirmed in another way, such as at the desk.',
  );
