import type { Analysis, FaceAnalyzer } from '../../inference/face.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Subjects } from '../subjects/index.ts';
import { analyzeFrames } from './analyze-frames.ts';
import { hardFailures } from './apply-rule.ts';
import { type BeginDeps, createBegin } from './begin-verification.ts';
import type { CheckResult } from './check.ts';
import { type Attempt, attemptRules, type Claims, standingOf } from './claims.ts';
import { composite } from './composite.ts';
import { compositeReason } from './composite-reason.ts';
import type { Threshold } from './error-rate.ts';
import { faceQuality } from './face-quality.ts';
import { type Decision, decide, type Matching } from './matching.ts';
import type { Probe } from './probe-bytes.ts';
import { createRecord, type RecordDeps } from './record-verification.ts';
import { pictureRefusal } from './refuse-picture.ts';
import { runChecks } from './run-checks.ts';
import type { Embeddings } from './score.ts';
import type { Identification, Verdict, VerifyCommand } from './verdict.ts';
import { assuranceOf, modelsUsed, type Run, timingOf } from './verification-run.ts';
import type { VerificationStore } from './verification-store.ts';

export interface VerifyDeps extends BeginDeps, RecordDeps {
  analyzer: FaceAnalyzer;
  subjects: Subjects;
  matching: Matching;
  claims: Pick<Claims, 'admit'>;
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
  /** Why not; absent when verified. */
  reason?: string;
}

/** Earlier verified verifications that the checks look at. */
const HISTORY = 20;
const NOT_RECOGNIZED = 'Identity not recognised';

export function createVerify(deps: VerifyDeps) {
  const { analyzer, subjects, consents, matching, claims, verifications, clock, deadline } = deps;
  const begin = createBegin(deps);
  const record = createRecord(deps);

  /** The pictures, once the main one is known to show a face that can be judged; stores a refusal. */
  async function look(run: Run) {
    const { command, plan, profile } = run;
    const request = {
      detector: plan.detector,
      embedders: plan.embedders,
      deadline,
      ...(plan.pad ? { pad: plan.pad.id } : {}),
      ...(command.signal ? { signal: command.signal } : {}),
    };
    const main = await analyzer.analyze(command.picture, request);
    const quality = faceQuality(main, { pad: plan.pad !== undefined });
    const { checks, refuseQuality } = profile.definition;
    const refusal = pictureRefusal(quality, checks.faceQuality, refuseQuality);
    if (refusal || !main.face) {
      const { problem, result } = refusal!;
      const told = { reason: result.reason ?? problem.message };
      await record(run, main, { verified: false, checks: [result], reason: problem.message }, told);
      throw problem;
    }
    if (plan.pad && !main.face.pad) throw new Error(`The analyzer left out the PAD set ${plan.pad.id}.`);
    return { main, face: main.face, quality, frames: await analyzeFrames(analyzer, command, request) };
  }

  /** Who it is: 1:1 with an e-mail, 1:N without. */
  async function match(
    { command: { email }, realm, ground, claimed, profile, plan }: Run,
    probe: Embeddings,
  ): Promise<Outcome['decision']> {
    const { falseMatchRate, falseIdentificationRate } = profile.definition.match;
    if (email === undefined) {
      return matching.search(
        realm,
        probe,
        plan,
        falseIdentificationRate,
        (one) => !consents.withholds(ground, one, 'identification'),
      );
    }
    return matching.against(realm, claimed?.id, probe, plan, falseMatchRate);
  }

  async function judge(run: Run): Promise<Outcome & { probe: Probe }> {
    const { command, plan, profile, files, place, started } = run;
    const { definition } = profile;
    const { main, face, quality, frames } = await look(run);
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
      quality,
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
    const reason =
      reasonAgainst(decision.matched, failed) ??
      (enough ? undefined : compositeReason(checkResults, compositeScore, definition.minimumComposite));
    return {
      main,
      probe,
      decision,
      checkResults,
      compositeScore,
      failed,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  async function tell(
    run: Run,
    { main, decision, checkResults, compositeScore, reason }: Outcome,
    recognized: { id: SubjectId; email?: string } | undefined,
  ): Promise<Verdict> {
    const { id, profile, plan, files, started } = run;
    const { maturity, match: rates } = profile.definition;
    const { matched, identification } = decision;
    // How near a stranger came is a slope to climb: towards a template, or the nearest of everybody.
    const rate = identification?.matchRate ?? rates.falseMatchRate;
    const told = matched ? decision : decide(plan.scorers, undefined, rate);
    return {
      verification: id,
      verified: reason === undefined,
      ...(recognized ? { subject: recognized } : {}),
      ...(reason === undefined ? {} : { reason }),
      confidence: told.confidence,
      compositeScore,
      checkResults,
      assurance: assuranceOf(run, main),
      ...(identification ? { identification: { ...identification, ...ratesOf(told.threshold) } } : {}),
      match: { ...told.threshold, scorer: told.scorer.id, score: told.comparison?.score ?? null },
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

  /** Of a 1:1 verification; let in before the picture is looked at. */
  async function attemptOf({ command, realm, profile, plan, matchOnly }: Run): Promise<Attempt | undefined> {
    if (command.email === undefined) return undefined;
    const pad = plan.pad !== undefined && !matchOnly;
    return claims.admit(realm, command.email, attemptRules(profile.definition, pad));
  }

  return async function verify(command: VerifyCommand): Promise<Verdict> {
    const run = await begin(command);
    const attempt = await attemptOf(run);
    try {
      return await decideOn(run, attempt);
    } finally {
      attempt?.end();
    }
  };

  async function decideOn(run: Run, attempt: Attempt | undefined): Promise<Verdict> {
    const { command } = run;
    const outcome = await judge(run);
    const { main, decision, checkResults, compositeScore, failed, reason, probe } = outcome;
    const { matched, subject } = decision;
    const { device } = command;
    const verified = reason === undefined;
    const recognized = verified ? await nameOf(run, subject!) : undefined;
    const stored = {
      verified,
      checks: checkResults,
      confidence: decision.confidence,
      composite: compositeScore,
      ...(subject && (matched || command.email !== undefined) ? { subject } : {}),
      ...(verified
        ? { personal: { probe, ...(run.place ? { place: run.place } : {}), ...(device ? { device } : {}) } }
        : { reason }),
    };
    const claim = attempt && { attempt, standing: standingOf(verified, matched, checkResults) };
    const told = {
      confidence: matched ? decision.confidence : 0,
      composite: compositeScore,
      ...(recognized?.email === undefined ? {} : { email: recognized.email }),
      ...(verified ? {} : { reason }),
    };
    await record(run, main, stored, told, claim);
    if (failed.length === 0) return tell(run, outcome, recognized);
    const names = failed.map(({ check }) => check).join(', ');
    throw new Problem('CHECK_FAILED', `The profile ${run.profile.slug} refuses this: ${names}.`, {
      reason: reason!,
      checkResults,
    });
  }
}

const ratesOf = ({ threshold, fnmr, extrapolated }: Threshold) => ({ threshold, fnmr, extrapolated });

/** The first thing that stands against it whatever the composite, for the person; nothing when there is none. */
function reasonAgainst(matched: boolean, failed: readonly CheckResult[]): string | undefined {
  const [first] = failed;
  if (first) return first.reason ?? `The check ${first.check} failed.`;
  return matched ? undefined : NOT_RECOGNIZED;
}
