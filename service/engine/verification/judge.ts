import type { Analysis } from '../../inference/face.ts';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import { type Consents, purposes } from '../consent/index.ts';
import {
  alikePeople,
  applyRule,
  type CheckName,
  type CheckResult,
  composite,
  compositeReason,
  type Decision,
  type Embeddings,
  hardFailures,
  type Identification,
  isUndecidedLiveness,
  type Matching,
  mainEmbedder,
  type Probe,
  personMessages,
  runChecks,
  skipReasons,
} from '../matching/index.ts';
import type { Subjects } from '../people/index.ts';
import {
  type AnalyzedPictures,
  type Ended,
  endedBy,
  NOT_LIVING,
  type Run,
  refusedLiveness,
} from './verdict.ts';
import type { VerificationStore } from './verification-store.ts';

export interface MatchDeps {
  matching: Pick<Matching, 'against' | 'search'>;
  consents: Pick<Consents, 'withholds'>;
  subjects: Pick<Subjects, 'isDisabled' | 'distinctFrom'>;
}

/** Why a person who was recognized before would not be now; undefined where they would. */
export type RefusedNow = (
  person: SubjectId,
  purpose: 'verification' | 'identification',
) => 'NOT_RECOGNIZED' | 'CONSENT_WITHDRAWN' | undefined;

/** By what is in memory: they were disabled, or their own consent does not cover it any more. */
export const createRefusedNow =
  ({
    subjects,
    consents,
  }: Pick<MatchDeps, 'consents'> & { subjects: Pick<Subjects, 'isDisabled'> }): RefusedNow =>
  (person, purpose) => {
    if (subjects.isDisabled(person)) return 'NOT_RECOGNIZED';
    return consents.withholds({ is: 'attested', purposes }, person, purpose)
      ? 'CONSENT_WITHDRAWN'
      : undefined;
  };

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
      legalBasis,
      claimed,
      profile,
      plan,
    }: Pick<Run, 'command' | 'realm' | 'legalBasis' | 'claimed' | 'profile' | 'plan'>,
    probe: Embeddings,
  ): Promise<Matched> {
    const rates = profile.definition.match;
    if (email !== undefined) return matching.against(realm, claimed?.id, probe, plan, rates.falseMatchRate);
    const { alike, ...found } = await matching.search(
      realm,
      probe,
      plan,
      rates,
      (one) => !subjects.isDisabled(one) && !consents.withholds(legalBasis, one, 'identification'),
    );
    const people = await alikePeople(
      subjects,
      alike.map(({ subject }) => subject),
    );
    return { ...found, ...(people > 0 && { alike: people }) };
  };
}

export interface JudgeDeps {
  subjects: Pick<Subjects, 'find' | 'ownerOfPicture'>;
  verifications: Pick<VerificationStore, 'earlier'>;
}

/** Outcome of a run. */
export interface Outcome {
  main: Analysis;
  probe: Probe;
  decision: Matched;
  checkResults: CheckResult[];
  compositeScore: number;
  /** What refuses the whole verification. */
  failed: CheckResult[];
  /** The very picture that was enrolled. */
  replayed: boolean;
  ended: Ended;
  /** Why not; absent when verified. */
  reason?: string;
  /** Nothing but liveness is against it, which is not sure: the operator of the kiosk may vouch for the person. */
  undecided: boolean;
  /** The person, when verified; one whose erasure has begun meanwhile has no address any more. */
  recognized?: { id: SubjectId; email?: string };
}

/** Earlier verified verifications that the checks look at. */
const HISTORY = 20;

/** The step `judge`: runs the checks of the profile and decides. Writes nothing. */
export function createJudge({ subjects, verifications }: JudgeDeps) {
  return async function judge(
    run: Pick<Run, 'command' | 'realm' | 'plan' | 'profile' | 'files' | 'place' | 'started' | 'claimed'>,
    { main, face, frames }: Omit<AnalyzedPictures, 'quality'>,
    decision: Matched,
  ): Promise<Outcome> {
    const { plan, files, profile } = run;
    const embedder = mainEmbedder(plan);
    const probe = { embedder, sha256: files[embedder]!, vector: face.embeddings[embedder]! };
    const found = await checksOf(run, { main, frames, probe, decision });
    const replayed = await isReplay(run, [main, ...frames.map(({ analysis }) => analysis)]);
    const conclude = (checkResults: CheckResult[]) => {
      const compositeScore = composite(checkResults);
      const failed =
        main.testOutcome === 'refused-by-liveness'
          ? checkResults.filter(({ check }) => check === 'liveness')
          : hardFailures(profile.definition.checks, checkResults);
      const enough = compositeScore >= profile.definition.minimumComposite;
      const reason =
        (replayed ? personMessages.REPLAYED : undefined) ??
        reasonAgainst(decision.matched, failed) ??
        (enough ? undefined : compositeReason(checkResults));
      const ended = endedBy({ replayed, matched: decision.matched, failed, enough, checkResults });
      return { checkResults, compositeScore, failed, ended, reason };
    };
    const seen = seenByOperator(run, found);
    const asSeen = seen && conclude(seen);
    const vouched = asSeen?.reason === undefined ? asSeen : undefined;
    const { reason, ...concluded } = (run.command.vouched && vouched) || conclude(found);
    return {
      main,
      probe,
      decision,
      ...concluded,
      replayed,
      undecided: reason !== undefined && vouched !== undefined,
      ...(reason === undefined ? { recognized: await nameOf(run, decision.subject!) } : { reason }),
    };
  };

  async function checksOf(
    {
      command,
      plan,
      profile,
      place,
      started,
    }: Pick<Run, 'command' | 'plan' | 'profile' | 'place' | 'started'>,
    {
      decision,
      ...pictures
    }: Pick<Outcome, 'main' | 'probe' | 'decision'> & Pick<AnalyzedPictures, 'frames'>,
  ): Promise<CheckResult[]> {
    const { device, organization } = command;
    const known = decision.matched ? decision.subject : undefined;
    const results = runChecks({
      ...pictures,
      definition: profile.definition,
      plan,
      now: started,
      ...defined({ place, device }),
      ...(known
        ? { earlier: await verifications.earlier(organization, known, { most: HISTORY, until: started }) }
        : {}),
    });
    if (pictures.main.testOutcome !== 'refused-by-liveness') return results;
    const refused = refusedLiveness(profile.definition.checks.liveness, NOT_LIVING);
    return [refused, ...results.filter(({ check }) => check !== 'liveness')];
  }

  async function nameOf(
    { realm, claimed }: Pick<Run, 'realm' | 'claimed'>,
    id: SubjectId,
  ): Promise<{ id: SubjectId; email?: string }> {
    const email = claimed?.id === id ? claimed.email : (await subjects.find(realm, id))?.email;
    return email === undefined ? { id } : { id, email };
  }

  /** Pictures leave the place where they were enrolled: in the live world a copy of one does not show that the person is present. */
  async function isReplay({ realm }: Pick<Run, 'realm'>, pictures: readonly Analysis[]): Promise<boolean> {
    if (realm.world !== 'live') return false;
    const hashes = pictures.flatMap(({ pixelHash, sentHash = [] }) => [pixelHash].concat(sentHash));
    return (await subjects.ownerOfPicture(realm, hashes)) !== undefined;
  }
}

/**
 * The results once the operator of a kiosk has looked at the person: liveness, which is not sure, decides nothing. Undefined where the
 * profile asks no person, the caller is no kiosk, or liveness is sure.
 */
function seenByOperator(
  { command, profile }: Pick<Run, 'command' | 'profile'>,
  results: readonly CheckResult[],
): CheckResult[] | undefined {
  const { challenge, checks } = profile.definition;
  if (command.actor.is !== 'kiosk' || challenge?.undecided !== 'review') return undefined;
  if (!results.some((result) => isUndecidedLiveness(result, checks.liveness))) return undefined;
  return results.map((result) =>
    result.check === 'liveness'
      ? applyRule('liveness', checks.liveness, {
          skipped: skipReasons.SEEN_BY_OPERATOR,
          ...defined({ details: result.details }),
        })
      : result,
  );
}

export const failedCheck = (check: CheckName) => `The check ${check} failed.`;

/** The first refusal regardless of the composite, for the person; undefined when there is none. */
function reasonAgainst(matched: boolean, failed: readonly CheckResult[]): string | undefined {
  const [first] = failed;
  if (first) return first.reason ?? failedCheck(first.check);
  return matched ? undefined : personMessages.NOT_RECOGNIZED;
}
