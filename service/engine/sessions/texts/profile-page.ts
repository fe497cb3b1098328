import type { Profile } from '../../profiles/index.ts';
import type { Challenges } from '../attempts/challenge.ts';
import { suspectCameraIn, undecidedIn } from '../held/rules.ts';
import type { SessionFlow, SessionPage } from '../session.ts';
import { behaviorPage } from './behavior-page.ts';
import { picturesPage } from './page-consent.ts';

/** The page of a session with what its profile adds: behavior that is collected, pictures that are kept while a person decides. */
export function profilePage(
  page: SessionPage,
  { flow, profile }: { flow: SessionFlow; profile: Profile },
  challenges: Pick<Challenges, 'collectsBehavior' | 'suspectCamera' | 'undecided'>,
): SessionPage {
  const collecting = challenges.collectsBehavior(profile) ? behaviorPage(page) : page;
  const isReviewed =
    undecidedIn(flow, profile, challenges) === 'review' ||
    suspectCameraIn(flow, profile, challenges) === 'review';
  return isReviewed ? picturesPage(collecting) : collecting;
}
