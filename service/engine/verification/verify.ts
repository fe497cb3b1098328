import type { Analysis, FaceAnalyzer } from '../../inference/face.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { CheckResult, Probe } from '../checks/index.ts';
import {
  composite,
  compositeReason,
  faceQuality,
  hardFailures,
  isBlackAndWhite,
  runChecks,
} from '../checks/index.ts';
import type { PictureGuard, RefusedPictures } from '../lockout/index.ts';
import { type Attempt, type Claims, isAttack, standingOf, strictestRules } from '../lockout/index.ts';
import type {
  Comparison,
  Decision,
  Embeddings,
  Identification,
  Matching,
  Threshold,
} from '../matching/index.ts';
import type { Subjects } from '../subjects/index.ts';
import { analyzeFrames } from './analyze-frames.ts';
import { type BeginDeps, createBegin } from './begin-verification.ts';
import { createRecord, type RecordDeps } from './record-verification.ts';
import { blackAndWhiteRefusal, pictureRefusal, refusedBefore } from './refuse-picture.ts';
import { shareOf } from './share-of.ts';
import { toldResults } from './told-results.ts';
import type { Verdict, VerifyCommand } from './verdict.ts';
import { assuranceOf, modelsUsed, type Run, timingOf } from './verification-run.ts';
import type { VerificationStore } from './verification-store.ts';

export interface VerifyDeps extends BeginDeps, RecordDeps {
  analyzer: FaceAnalyzer;
  subjects: Subjects;
  matching: Matching;
  claims: Pick<Claims, 'admit'>;
  refusedPictures: RefusedPictures;
  verifications: VerificationStore;
  /** Milliseconds that one picture may take, waiting for a worker included. */
  deadline: number;
}

/** What became of a run. */
interface Outcome {
  main: Analysis;
  decision: Decision & { identification?: Identification };
  checkResults: CheckResult[];
  compositeScore: number;
  /** What refuses the whole verification. */
  failed: CheckResult[];
  /** The very picture that was enrolled. */
  replayed: boolean;
  /** Why not; absent when verified. */
  reason?: string;
}

/** Earlier verified verifications that the checks look at. */
const HISTORY = 20;
const NOT_RECOGNIZED = 'Identity not recognised';
const REPLAYED = 'This very picture was enrolled before: take a new one with the camera.';

export function createVerify(deps: VerifyDeps) {
  const { analyzer, subjects, consents, matching, claims, refusedPictures, verifications, clock, deadline } =
    deps;
  const begin = createBegin(deps);
  const record = createRecord(deps);

  /** The pictures, once the main one is known to show a face that can be judged; stores a refusal. */
  async function look(run: Run, guard: PictureGuard) {
    const { command, plan, profile } = run;
    const request = {
      detector: plan.detector,
      embedders: plan.embedders,
      deadline,
      share: shareOf(command),
      ...(plan.pad ? { pad: plan.pad.id } : {}),
      ...(command.signal ? { signal: command.signal } : {}),
    };
    const stopAt = guard.stopAt.length > 0 ? { stopAt: guard.stopAt } : {};
    const main = await analyzer.analyze(command.picture, { ...request, ...stopAt });
    if (await guard.refusedBefore(main.pixelHash)) throw refusedBefore(profile);
    const quality = faceQuality(main, { pad: plan.pad !== undefined });
    const { checks, refuseQuality } = profile.definition;
    const colorless = plan.pad !== undefined && isBlackAndWhite(main);
    const refusal =
      pictureRefusal(quality, checks.faceQuality, refuseQuality) ??
      (colorless ? blackAndWhiteRefusal(quality, checks.faceQuality) : undefined);
    if (refusal || !main.face) {
      const { problem, result } = refusal!;
      const told = { reason: result.reason ?? problem.message };
      await record(run, main, { verified: false, checks: [result], reason: problem.message }, told);
      const { code, message, extra } = problem;
      throw new Problem(code, message, { ...extra, checkResults: toldResults([result], false) });
    }
    if (plan.pad && !main.face.pad) throw new Error(`The analyzer left out the PAD set ${plan.pad.id}.`);
    return { main, face: main.face, frames: await analyzeFrames(analyzer, command, request) };
  }

  /** Who it is: 1:1 with an e-mail, 1:N without. */
  async function match(
    { command: { email }, realm, ground, claimed, profile, plan }: Run,
    probe: Embeddings,
  ): Promise<Outcome['decision']> {
    const rates = profile.definition.match;
    if (email === undefined) {
      return matching.search(
        realm,
        probe,
        plan,
        rates,
        (one) => !consents.withholds(ground, one, 'identification'),
      );
    }
    return matching.against(realm, claimed?.id, probe, plan, rates.falseMatchRate);
  }

  async function judge(run: Run, guard: PictureGuard): Promise<Outcome & { probe: Probe }> {
    const { command, plan, profile, files, place, started } = run;
    const { definition } = profile;
    const { main, face, frames } = await look(run, guard);
    const decision = await match(run, face.embeddings);
    const probe = {
      embedder: plan.primary,
      sha256: files[plan.primary]!,
      vector: face.embeddings[plan.primary]!,
    };
    const { device, organization } = command;
    const known = decision.matched ? decision.subject : undefined;
    const checkResults = runChecks({
      definition,
      plan,
      now: started,
      main,
      frames,
      probe,
      ...(place ? { place } : {}),
      ...(device ? { device } : {}),
      ...(known
        ? { earlier: await verifications.earlier(organization, known, { most: HISTORY, until: started }) }
        : {}),
    });
    const compositeScore = composite(checkResults);
    const failed = hardFailures(definition.checks, checkResults);
    const enough = compositeScore >= definition.minimumComposite;
    const replayed = await isReplay(run, [main, ...frames.map(({ analysis }) => analysis)]);
    const reason =
      (replayed ? REPLAYED : undefined) ??
      reasonAgainst(decision.matched, failed) ??
      (enough ? undefined : compositeReason(checkResults));
    return {
      main,
      probe,
      decision,
      checkResults,
      compositeScore,
      failed,
      replayed,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  async function tell(
    run: Run,
    { main, decision, checkResults, compositeScore, reason }: Outcome,
    recognized: { id: SubjectId; email?: string } | undefined,
  ): Promise<Verdict> {
    const { id, realm, profile, plan, files, started } = run;
    const { maturity, match: rates } = profile.definition;
    const { matched, identification } = decision;
    // How near a stranger or a photograph came is a slope to climb: towards a template, or towards a threshold.
    const rate = identification?.matchRate ?? rates.falseMatchRate;
    const verified = reason === undefined;
    const open = seesFigures(run.command);
    const told = matched && (verified || open) ? decision : matching.mismatch(realm, plan, rate);
    return {
      verification: id,
      verified,
      ...(recognized ? { subject: recognized } : {}),
      ...(verified ? {} : { reason }),
      confidence: told.confidence,
      ...(open ? { compositeScore, checkResults } : figuresFor(checkResults, verified)),
      assurance: assuranceOf(run, main),
      ...(identification ? { identification: { ...identification, ...ratesOf(told.threshold) } } : {}),
      match: {
        ...told.threshold,
        scorer: told.scorer.id,
        score: told.comparison?.score ?? null,
        pictures: told.comparison?.reference.pictures ?? null,
        shift: told.shift,
      },
      profile: { id: profile.id, slug: profile.slug, version: profile.version, maturity },
      models: modelsUsed(plan, files),
      timing: timingOf(main, clock.now() - started),
    };
  }

  /** Somebody whose erasure has begun meanwhile has no address any more. */
  async function nameOf({ realm, claimed }: Run, id: SubjectId): Promise<{ id: SubjectId; email?: string }> {
    const email = claimed?.id === id ? claimed.email : (await subjects.find(realm, id))?.email;
    return email === undefined ? { id } : { id, email };
  }

  /** Pictures leave the place where they were enrolled: in the live world a copy of one proves nobody's presence. */
  async function isReplay({ realm }: Run, pictures: readonly Analysis[]): Promise<boolean> {
    if (realm.world !== 'live') return false;
    const hashes = pictures.map(({ pixelHash }) => pixelHash);
    return (await subjects.ownerOfPicture(realm, hashes)) !== undefined;
  }

  async function attemptAt(run: Run, address: string | undefined): Promise<Attempt | undefined> {
    if (address === undefined) return undefined;
    const { realm, profile, plan, matchOnly, allowed } = run;
    const pad = plan.pad !== undefined && !matchOnly;
    return claims.admit(realm, address, strictestRules([profile.definition, ...allowed], pad));
  }

  /** Whom a 1:N search matched has the same limit as whom a 1:1 verification names. */
  async function matchedAddress({ realm }: Run, { matched, subject }: Decision): Promise<string | undefined> {
    return matched && subject !== undefined ? (await subjects.find(realm, subject))?.email : undefined;
  }

  return async function verify(command: VerifyCommand): Promise<Verdict> {
    const run = await begin(command);
    const guard = await refusedPictures.admit(run.realm, command);
    // A claim is let in before the picture is looked at.
    const claimed = await attemptAt(run, command.email);
    try {
      const outcome = await judge(run, guard);
      const attempt = claimed ?? (await attemptAt(run, await matchedAddress(run, outcome.decision)));
      try {
        return await decideOn(run, outcome, guard, attempt);
      } finally {
        attempt?.end();
      }
    } finally {
      claimed?.end();
    }
  };

  async function decideOn(
    run: Run,
    outcome: Outcome & { probe: Probe },
    guard: PictureGuard,
    attempt: Attempt | undefined,
  ): Promise<Verdict> {
    const { command } = run;
    const { main, decision, checkResults, compositeScore, failed, replayed, reason, probe } = outcome;
    const { matched, subject } = decision;
    const { device } = command;
    const verified = reason === undefined;
    const recognized = verified ? await nameOf(run, subject!) : undefined;
    const stored = {
      verified,
      checks: checkResults,
      confidence: decision.confidence,
      composite: compositeScore,
      ...(decision.comparison ? { match: matchOf(decision.comparison) } : {}),
      ...(subject && (matched || command.email !== undefined) ? { subject } : {}),
      ...(verified
        ? { personal: { probe, ...(run.place ? { place: run.place } : {}), ...(device ? { device } : {}) } }
        : { reason }),
    };
    const standing = replayed ? 'against' : standingOf(verified, matched, checkResults);
    const claim = attempt === undefined ? {} : { claim: { attempt, standing } as const };
    const told = {
      confidence: verified ? decision.confidence : 0,
      ...(verified ? { composite: composite(toldResults(checkResults, true)) } : { reason }),
      ...(recognized?.email === undefined ? {} : { email: recognized.email }),
    };
    if (replayed || isAttack(checkResults)) {
      const also = (tx: Tx) => guard.add(tx, main.pixelHash);
      await guard.inTurn(() => record(run, main, stored, told, { ...claim, also }));
    } else {
      await guard.admitAgain();
      await record(run, main, stored, told, claim);
    }
    if (replayed) {
      throw new Problem('REPLAYED_PICTURE', REPLAYED, {
        reason: REPLAYED,
        checkResults: seesFigures(command) ? checkResults : toldResults(checkResults, false),
      });
    }
    if (failed.length === 0) return tell(run, outcome, recognized);
    const names = failed.map(({ check }) => check).join(', ');
    throw new Problem('CHECK_FAILED', `The profile ${run.profile.slug} refuses this: ${names}.`, {
      reason: reason!,
      checkResults: seesFigures(command) ? checkResults : toldResults(checkResults, false),
    });
  }
}

/** Whoever runs the box reads the stored figures anyway. */
const seesFigures = ({ actor }: VerifyCommand): boolean => actor.is === 'operator';

/** The composite of an acceptance is that of the scores told beside it; a refusal has none. */
function figuresFor(results: readonly CheckResult[], verified: boolean) {
  const checkResults = toldResults(results, verified);
  return verified ? { compositeScore: composite(checkResults), checkResults } : { checkResults };
}

const matchOf = ({ reference: { scorer, pictures }, shift }: Comparison) => ({
  scorer: scorer.id,
  pictures,
  shift,
});

const ratesOf = ({ threshold, fnmr, extrapolated }: Threshold) => ({ threshold, fnmr, extrapolated });

/** The first thing that stands against it whatever the composite, for the person; nothing when there is none. */
function reasonAgainst(matched: boolean, failed: readonly CheckResult[]): string | undefined {
  const [first] = failed;
  if (first) return first.reason ?? `The check ${first.check} failed.`;
  return matched ? undefined : NOT_RECOGNIZED;
}
