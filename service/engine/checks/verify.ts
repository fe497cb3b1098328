import type { Analysis, FaceAnalyzer } from '../../inference/face.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids, SubjectId, VerificationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { type Audit, describeActor } from '../audit/index.ts';
import { type Consents, type Ground, groundOf } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import type { Limits } from '../limits/index.ts';
import type { Models } from '../models/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { Realm, Subjects } from '../subjects/index.ts';
import { analyzeFrames, checkFrameTimes } from './analyze-frames.ts';
import { hardFailures } from './apply-rule.ts';
import type { CheckResult } from './check.ts';
import { type Attempt, attemptRules, type Claims, type Standing, standingOf } from './claims.ts';
import { composite } from './composite.ts';
import { compositeReason } from './composite-reason.ts';
import type { Threshold } from './error-rate.ts';
import { faceQuality } from './face-quality.ts';
import { type Decision, decide, type Matching } from './matching.ts';
import { type ModelPlan, planModels } from './model-plan.ts';
import type { Probe } from './probe-bytes.ts';
import type { Profile } from './profile.ts';
import type { Profiles } from './profiles.ts';
import { pictureRefusal } from './refuse-picture.ts';
import { runChecks } from './run-checks.ts';
import type { Embeddings } from './score.ts';
import type { Assurance, Identification, Place, Verdict, VerifyCommand } from './verdict.ts';
import type { VerificationRecord, VerificationStore } from './verification-store.ts';

export interface VerifyDeps {
  analyzer: FaceAnalyzer;
  subjects: Subjects;
  organizations: Pick<Organizations, 'get' | 'siteOf'>;
  consents: Pick<Consents, 'withholds'>;
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Profiles;
  matching: Matching;
  claims: Pick<Claims, 'admit'>;
  limits: Pick<Limits, 'admitUser'>;
  verifications: VerificationStore;
  inTransaction: InTransaction;
  audit: Audit;
  events: Events;
  ids: Ids;
  clock: Clock;
  /** Milliseconds that one picture may take, waiting for a worker included. */
  deadline: number;
}

/** One verification on its way: what was asked, and what it runs by. */
interface Run {
  id: VerificationId;
  started: number;
  command: VerifyCommand;
  realm: Realm;
  /** Live, in an organization that recorded that it matches faces only. */
  matchOnly: boolean;
  /** What speaks for people without a consent of their own. */
  ground: Ground;
  profile: Profile;
  plan: ModelPlan;
  /** Whom a 1:1 verification names, if there is such a person. */
  claimed?: SubjectId;
  /** SHA-256 of the models' files, by id. */
  files: Readonly<Record<string, string>>;
  place?: Place;
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

export function createVerify({
  analyzer,
  subjects,
  organizations,
  consents,
  models,
  profiles,
  matching,
  claims,
  limits,
  verifications,
  inTransaction,
  audit,
  events,
  ids,
  clock,
  deadline,
}: VerifyDeps) {
  async function begin(command: VerifyCommand): Promise<Run> {
    const { organization, world } = command;
    const started = clock.now();
    checkFrameTimes(command);
    if (command.actor.is === 'key' && command.email !== undefined) {
      await limits.admitUser({ organization, world }, command.email);
    }
    const profile = await profiles.get(organization, command.profile ?? 'default');
    const settings = await organizations.get(organization);
    const matchOnly = settings.matchOnly && world === 'live';
    const ground = groundOf(settings);
    const claimed = await claimedBy(command, ground);
    const set = models.current();
    const plan = planModels(profile, { set, importable: models.importable(), world, matchOnly });
    const place = await placeOf(command);
    return {
      id: ids.next('verification'),
      started,
      command,
      realm: { organization, world },
      matchOnly,
      ground,
      profile,
      plan,
      files: set.files,
      ...(claimed ? { claimed } : {}),
      ...(place ? { place } : {}),
    };
  }

  /**
   * Whom a 1:1 verification names, if there is such a person. Whose consent does not cover it is not even looked at: no
   * picture is analyzed for it. That tells the caller no more than the answer does, which is the organization's own record of
   * its own person.
   */
  async function claimedBy(
    { email, organization, world, actor, request }: VerifyCommand,
    ground: Ground,
  ): Promise<SubjectId | undefined> {
    // An id must not pass for an address.
    const claimed = email?.includes('@') ? await subjects.find({ organization, world }, email) : undefined;
    if (!claimed || !consents.withholds(ground, claimed.id, 'verification')) return claimed?.id;
    await inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action: 'verification.decide',
        organization,
        target: claimed.id,
        outcome: 'refused',
        ...(request === undefined ? {} : { request }),
        details: { code: 'CONSENT_WITHDRAWN', world, kind: '1:1' },
      }),
    );
    throw new Problem(
      'CONSENT_WITHDRAWN',
      'The consent of this person does not cover verification: it was withdrawn, has run out, or was never given. A new consent makes it possible again.',
    );
  }

  async function placeOf({ place, address, organization }: VerifyCommand): Promise<Place | undefined> {
    if (place !== undefined || address === undefined) return place;
    const site = await organizations.siteOf(organization, address);
    if (!site) return undefined;
    const { latitude, longitude, country, timeZone } = site;
    return { latitude, longitude, country, timeZone };
  }

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
      await record(run, main, { verified: false, checks: [result], reason: problem.message });
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
    return matching.against(realm, claimed, probe, plan, falseMatchRate);
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
      ...(known ? { earlier: await verifications.earlier(organization, known, HISTORY) } : {}),
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

  async function record(
    run: Run,
    main: Analysis,
    outcome: Pick<VerificationRecord, 'verified' | 'checks'> & Partial<VerificationRecord>,
    claim?: { attempt: Attempt; standing: Standing },
  ): Promise<void> {
    const { id, command, profile, plan, files, started, realm } = run;
    const { actor, request, signal } = command;
    if (signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
    const kind = command.email === undefined ? '1:N' : '1:1';
    const sealed = await verifications.seal({
      id,
      ...realm,
      kind,
      profile: profile.id,
      profileVersion: profile.version,
      confidence: 0,
      composite: 0,
      assurance: assuranceOf(run, main),
      models: modelsUsed(plan, files),
      timing: timingOf(main, clock.now() - started),
      actor: describeActor(actor),
      at: started,
      ...outcome,
    });
    const write = async (tx: Tx) => {
      await verifications.add(tx, sealed);
      await claim?.attempt.settle(tx, claim.standing, { actor, target: id });
      if (outcome.verified && outcome.subject) await subjects.used(tx, outcome.subject, started);
      await audit.add(tx, {
        actor,
        action: 'verification.decide',
        organization: realm.organization,
        target: id,
        outcome: outcome.verified ? 'done' : 'refused',
        ...(request === undefined ? {} : { request }),
        details: {
          world: realm.world,
          kind,
          profile: profile.id,
          profileVersion: profile.version,
          ...(outcome.verified && outcome.subject ? { subject: outcome.subject } : {}),
        },
      });
      await events.add(tx, {
        type: outcome.verified ? 'verification.verified' : 'verification.refused',
        ...realm,
        payload: {
          verification: id,
          kind,
          profile: profile.id,
          ...(outcome.verified && outcome.subject ? { subject: outcome.subject } : {}),
        },
      });
    };
    await (claim ? claim.attempt.inTurn(() => inTransaction(write)) : inTransaction(write));
  }

  async function tell(
    run: Run,
    { main, decision, checkResults, compositeScore, reason }: Outcome,
  ): Promise<Verdict> {
    const { id, realm, profile, plan, files, started } = run;
    const { maturity, match: rates } = profile.definition;
    const { matched, subject, identification } = decision;
    // How near a stranger came is a slope to climb: towards a template, or the nearest of everybody.
    const rate = identification?.matchRate ?? rates.falseMatchRate;
    const told = matched ? decision : decide(plan.scorers, undefined, rate);
    return {
      verification: id,
      verified: reason === undefined,
      ...(reason === undefined ? { subject: await nameOf(realm, subject!) } : { reason }),
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

  async function nameOf(realm: Realm, id: SubjectId): Promise<{ id: SubjectId; email?: string }> {
    const { email } = await subjects.get(realm, id);
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
    await record(run, main, stored, claim);
    if (failed.length === 0) return tell(run, outcome);
    const names = failed.map(({ check }) => check).join(', ');
    throw new Problem('CHECK_FAILED', `The profile ${run.profile.slug} refuses this: ${names}.`, {
      reason: reason!,
      checkResults,
    });
  }
}

const ratesOf = ({ threshold, fnmr, extrapolated }: Threshold) => ({ threshold, fnmr, extrapolated });

const assuranceOf = ({ matchOnly }: Run, { face }: Analysis): Assurance =>
  face?.pad && !matchOnly ? 'passive' : 'match-only';

/** The first thing that stands against it whatever the composite, for the person; nothing when there is none. */
function reasonAgainst(matched: boolean, failed: readonly CheckResult[]): string | undefined {
  const [first] = failed;
  if (first) return first.reason ?? `The check ${first.check} failed.`;
  return matched ? undefined : NOT_RECOGNIZED;
}

/** The first 12 digits of each file that took part. */
function modelsUsed(plan: ModelPlan, files: Readonly<Record<string, string>>): Record<string, string> {
  const ids = [plan.detector, ...plan.embedders, ...(plan.pad?.models ?? [])];
  return Object.fromEntries(ids.map((id) => [id, (files[id] ?? '').slice(0, 12)]));
}

function timingOf({ timing }: Analysis, total: number): Record<string, number> {
  const rounded = Object.entries(timing).map(([step, ms]) => [step, Math.round(ms * 10) / 10] as const);
  return { ...Object.fromEntries(rounded), picture: Math.round(timing.total * 10) / 10, total };
}
