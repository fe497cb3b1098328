import type { Consents } from '../consent/index.ts';
import {
  alikePeople,
  type Decision,
  type Embeddings,
  type Identification,
  type Matching,
} from '../matching/index.ts';
import type { Subjects } from '../subjects/index.ts';
import type { Run } from './verification-run.ts';

export interface MatchDeps {
  matching: Pick<Matching, 'against' | 'search'>;
  consents: Pick<Consents, 'withholds'>;
  subjects: Pick<Subjects, 'isDisabled' | 'distinctFrom'>;
}

export type Matched = Decision & {
  identification?: Identification;
  /** Enrolled people that a 1:N matched, where there are several that were not marked as distinct: a blend of two faces does that. */
  alike?: number;
};

/** The step `match`: who it is. 1:1 with an e-mail, 1:N without, over the people who are not disabled and whose consent covers identification. */
export function createMatch({ matching, consents, subjects }: MatchDeps) {
  return async function match(
    {
      command: { email },
      realm,
      ground,
      claimed,
      profile,
      plan,
    }: Pick<Run, 'command' | 'realm' | 'ground' | 'claimed' | 'profile' | 'plan'>,
    probe: Embeddings,
  ): Promise<Matched> {
    const rates = profile.definition.match;
    if (email !== undefined) return matching.against(realm, claimed?.id, probe, plan, rates.falseMatchRate);
    const { alike, ...found } = await matching.search(
      realm,
      probe,
      plan,
      rates,
      (one) => !subjects.isDisabled(one) && !consents.withholds(ground, one, 'identification'),
    );
    const people = await alikePeople(
      subjects,
      alike.map(({ subject }) => subject),
    );
    return { ...found, ...(people > 0 && { alike: people }) };
  };
}
