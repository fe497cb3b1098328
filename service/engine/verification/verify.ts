import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import {
  type CheckResult,
  composite,
  heldBy,
  type Matching,
  personMessages,
  type Threshold,
} from '../matching/index.ts';
import { type AnalysisDeps, createAnalyze } from './analyze-pictures.ts';
import { createUpgrade, type UpgradeDeps } from './enrollment/upgrade-templates.ts';
import { createJudge, createMatch, type JudgeDeps, type MatchDeps, type Outcome } from './judge.ts';
import {
  type AdmitDeps,
  createAdmit,
  createPrepareVerification,
  type PrepareDeps,
} from './prepare-verification.ts';
import { createRecord, createWriteVerification, type WriteDeps } from './record-verification.ts';
import {
  assuranceOf,
  disclosedResults,
  modelsUsed,
  type Run,
  timingOf,
  type Verdict,
  type VerifyCommand,
} from './verdict.ts';

export type VerifyDeps = PrepareDeps &
  AdmitDeps &
  AnalysisDeps &
  MatchDeps &
  JudgeDeps &
  WriteDeps &
  ReplyDeps &
  UpgradeDeps;

export function createVerify(deps: VerifyDeps) {
  const prepare = createPrepareVerification(deps);
  const { admit, admitMatched } = createAdmit(deps);
  const write = createWriteVerification(deps);
  const analyze = createAnalyze({ ...deps, write });
  const match = createMatch(deps);
  const judge = createJudge(deps);
  const record = createRecord(write);
  const upgrade = createUpgrade(deps);
  const reply = createReply(deps);

  return async function verify(command: VerifyCommand): Promise<Verdict> {
    const run = await prepare(command);
    const admission = await admit(run);
    try {
      const seen = await analyze(run, admission.guard);
      const decision = await match(run, seen.face.embeddings);
      const outcome = await judge(run, seen, decision);
      await admitMatched(run, admission, decision);
      await record(run, outcome, admission);
      if (run.command.email !== undefined || run.command.actor.is === 'kiosk')
        await upgrade(run, seen, outcome);
      return reply(run, outcome);
    } finally {
      admission.end();
    }
  };
}

interface ReplyDeps {
  matching: Pick<Matching, 'mismatch'>;
  clock: Clock;
}

/** The step `reply`: what the caller gets. Throws REPLAYED_PICTURE, and CHECK_FAILED where a hard check failed. */
export function createReply({ matching, clock }: ReplyDeps) {
  return function reply(run: Run, outcome: Outcome): Verdict {
    refuse(run, outcome);
    const { id, realm, profile, plan, files, started } = run;
    const { main, decision, checkResults, compositeScore, reason, recognized, undecided } = outcome;
    const { maturity, match: rates } = profile.definition;
    const { matched, identification } = decision;
    // How near a stranger or a photograph came is a slope to climb: towards a template, or towards a threshold.
    const rate = identification?.matchRate ?? rates.falseMatchRate;
    const verified = reason === undefined;
    const open = seesFigures(run.command);
    const shown = matched && (verified || open) ? decision : matching.mismatch(realm, plan, rate);
    return {
      verification: id,
      verified,
      ...defined({ subject: recognized }),
      ...(verified ? {} : { reason }),
      ...(undecided && { undecided }),
      confidence: shown.confidence,
      ...(open ? { compositeScore, checkResults } : figuresFor(checkResults, verified)),
      assurance: assuranceOf(run, main),
      source: run.source,
      ...(identification && {
        identification: {
          ...identification,
          ...ratesOf(shown.threshold),
          ownGallery: shown.ownGallery,
        },
      }),
      match: {
        ...shown.threshold,
        scorer: shown.scorer.id,
        holdsFor: heldBy(shown.scorer),
        score: shown.comparison?.score ?? null,
        pictures: shown.comparison?.reference.pictures ?? null,
        shift: shown.shift,
      },
      profile: { id: profile.id, slug: profile.slug, version: profile.version, maturity },
      models: modelsUsed(plan, files),
      timing: timingOf(main, clock.now() - started),
      ...defined({ testOutcome: main.testOutcome }),
    };
  };
}

function refuse(
  { id, command, profile }: Run,
  { main, checkResults, failed, replayed, reason, undecided }: Outcome,
): void {
  if (!replayed && failed.length === 0) return;
  const disclosed = seesFigures(command) ? checkResults : disclosedResults(checkResults, false);
  if (replayed)
    throw new Problem('REPLAYED_PICTURE', personMessages.REPLAYED, {
      reason: personMessages.REPLAYED,
      verification: id,
      checkResults: disclosed,
    });
  const names = failed.map(({ check }) => check).join(', ');
  throw new Problem('CHECK_FAILED', `The profile ${profile.slug} refuses this: ${names}.`, {
    reason: reason!,
    verification: id,
    checkResults: disclosed,
    ...(undecided && { undecided }),
    ...defined({ testOutcome: main.testOutcome }),
  });
}

/** An operator of the box reads the stored figures anyway. */
const seesFigures = ({ actor }: Pick<VerifyCommand, 'actor'>): boolean => actor.is === 'operator';

/** The composite of an acceptance is computed from the disclosed scores; a refusal has none. */
function figuresFor(results: readonly CheckResult[], verified: boolean) {
  const checkResults = disclosedResults(results, verified);
  return verified ? { compositeScore: composite(checkResults), checkResults } : { checkResults };
}

const ratesOf = ({ fmr: matchRate, threshold, fnmr, extrapolated }: Threshold) => ({
  matchRate,
  threshold,
  fnmr,
  extrapolated,
});
