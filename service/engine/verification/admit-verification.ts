import type { Consents } from '../consent/index.ts';
import {
  type Attempt,
  alikePeople,
  type Claims,
  type Decision,
  type Embeddings,
  type Identification,
  type Matching,
  type PictureGuard,
  type RefusedPictures,
  strictestRules,
} from '../matching/index.ts';
import type { Subjects } from '../people/index.ts';
import type { Run } from './verdict.ts';

export interface AdmitDeps {
  claims: Pick<Claims, 'admit'>;
  refusedPictures: RefusedPictures;
  subjects: Pick<Subjects, 'find'>;
}

/** A verification that was let in; `end` in any case. */
export interface Admission {
  guard: PictureGuard;
  /** Attempt at the claimed address, or at that of the person a search found; absent without one. */
  attempt?: Attempt;
  end(): void;
}

/**
 * The step `admit`, before any inference runs. Throws BURST_LIMIT_EXCEEDED, USER_FLOOD_DETECTED and VERIFICATION_DISABLED.
 * `admitMatched`: a person matched by a 1:N search has the same limit as one named by a 1:1 verification.
 */
export function createAdmit({ claims, refusedPictures, subjects }: AdmitDeps) {
  async function attemptAt(
    { realm, profile, plan, matchOnly, allowed }: Run,
    address: string | undefined,
  ): Promise<{ attempt?: Attempt }> {
    if (address === undefined) return {};
    const pad = plan.pad !== undefined && !matchOnly;
    const rules = strictestRules([profile.definition, ...allowed], pad);
    return { attempt: await claims.admit(realm, address, rules) };
  }

  return {
    async admit(run: Run): Promise<Admission> {
      const guard = await refusedPictures.admit(run.realm, run.command);
      const admission: Admission = {
        guard,
        ...(await attemptAt(run, run.command.email)),
        end: () => admission.attempt?.end(),
      };
      return admission;
    },
    async admitMatched(run: Run, admission: Admission, { matched, subject }: Matched): Promise<void> {
      if (admission.attempt || !matched || subject === undefined) return;
      Object.assign(admission, await attemptAt(run, (await subjects.find(run.realm, subject))?.email));
    },
  };
}

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
