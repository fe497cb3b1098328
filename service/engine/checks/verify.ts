import type { Analysis, FaceAnalyzer } from '../../inference/face.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { describeActor } from '../audit/index.ts';
import type { Models } from '../models/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { Realm, Subjects } from '../subjects/index.ts';
import { analyzePictures } from './analyze-pictures.ts';
import { hardFailures } from './apply-rule.ts';
import type { CheckResult } from './check.ts';
import { composite } from './composite.ts';
import { faceQuality } from './face-quality.ts';
import { type Decision, decide, type Matching } from './matching.ts';
import { type ModelPlan, planModels } from './model-plan.ts';
import type { Profile } from './profile.ts';
import type { Profiles } from './profiles.ts';
import { pictureRefusal } from './refuse-picture.ts';
import { runChecks } from './run-checks.ts';
import type { Identification, Place, Verdict, VerifyCommand } from './verdict.ts';
import type { Probe, VerificationRecord, VerificationStore } from './verification-store.ts';

export interface VerifyDeps {
  analyzer: FaceAnalyzer;
  subjects: Subjects;
  organizations: Pick<Organizations, 'get' | 'siteOf'>;
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Profiles;
  matching: Matching;
  verifications: VerificationStore;
  ids: Ids;
  clock: Clock;
  /** Milliseconds that one picture may take, waiting for a worker included. */
  deadline: number;
}

/** Earlier verified verifications that the checks look at. */
const HISTORY = 20;
const NOT_RECOGNIZED = 'Identity not recognised';

export function createVerify({
  analyzer,
  subjects,
  organizations,
  models,
  profiles,
  matching,
  verifications,
  ids,
  clock,
  deadline,
}: VerifyDeps) {
  /** Who it is: 1:1 with an e-mail, 1:N without. */
  async function match(
    command: VerifyCommand,
    profile: Profile,
    plan: ModelPlan,
    probe: Record<string, Float32Array>,
  ): Promise<Decision & { identification?: Identification }> {
    const { falseMatchRate, falseIdentificationRate } = profile.definition.match;
    const realm = realmOf(command);
    if (command.email === undefined) return matching.search(realm, probe, plan, falseIdentificationRate);
    const claimed = await subjects.find(realm, asAddress(command.email));
    return matching.against(realm, claimed?.id, probe, plan, falseMatchRate);
  }

  async function placeOf({ place, address, organization }: VerifyCommand): Promise<Place | undefined> {
    if (place !== undefined || address === undefined) return place;
    const site = await organizations.siteOf(organization, address);
    if (!site) return undefined;
    const { latitude, longitude, country, timeZone } = site;
    return { latitude, longitude, country, timeZone };
  }

  return async function verify(command: VerifyCommand): Promise<Verdict> {
    const started = clock.now();
    const profile = await profiles.get(command.organization, command.profile ?? 'default');
    const { matchOnly } = await organizations.get(command.organization);
    const set = models.current();
    const plan = planModels(profile, {
      set,
      importable: models.importable(),
      world: command.world,
      matchOnly,
    });
    const place = await placeOf(command);
    const { main, frames } = await analyzePictures(analyzer, command, {
      detector: plan.detector,
      embedders: plan.embedders,
      deadline,
      ...(plan.pad ? { pad: plan.pad.id } : {}),
    });

    const id = ids.next('verification');
    const { definition } = profile;
    const used = modelsUsed(plan, set.files);
    const assurance = main.face?.pad ? 'passive' : 'match-only';
    const record = (outcome: Pick<VerificationRecord, 'verified' | 'checks'> & Partial<VerificationRecord>) =>
      verifications.add({
        id,
        organization: command.organization,
        world: command.world,
        kind: command.email === undefined ? '1:N' : '1:1',
        profile: profile.id,
        profileVersion: profile.version,
        confidence: 0,
        composite: 0,
        assurance,
        models: used,
        timing: timingOf(main, clock.now() - started),
        actor: describeActor(command.actor),
        at: started,
        ...outcome,
      });

    const quality = faceQuality(main, { pad: plan.pad !== undefined });
    const refusal = pictureRefusal(quality, definition.checks.faceQuality, definition.refuseQuality);
    if (refusal || !main.face) {
      const problem = refusal!.problem;
      await record({ verified: false, checks: [refusal!.result], reason: problem.message });
      throw problem;
    }

    if (plan.pad && !main.face.pad) throw new Error(`The analyzer left out the PAD set ${plan.pad.id}.`);

    const { embeddings } = main.face;
    const decision = await match(command, profile, plan, embeddings);
    const { matched, subject, identification } = decision;
    const probe: Probe = {
      embedder: plan.primary,
      sha256: set.files[plan.primary]!,
      vector: embeddings[plan.primary]!,
    };
    const earlier = matched
      ? await verifications.earlier(command.organization, subject!, HISTORY)
      : undefined;
    const checkResults = runChecks({
      definition,
      plan,
      now: started,
      main,
      frames,
      quality,
      probe,
      ...(place ? { place } : {}),
      ...(command.device ? { device: command.device } : {}),
      ...(earlier ? { earlier } : {}),
    });
    const compositeScore = composite(checkResults);
    const failed = hardFailures(definition.checks, checkResults);
    const reason = reasonAgainst(matched, failed, compositeScore, definition.minimumComposite);
    const verified = reason === undefined;
    await record({
      verified,
      checks: checkResults,
      confidence: decision.confidence,
      composite: compositeScore,
      ...(subject && (matched || command.email !== undefined) ? { subject } : {}),
      ...(verified
        ? {
            personal: {
              probe,
              ...(place ? { place } : {}),
              ...(command.device ? { device: command.device } : {}),
            },
          }
        : { reason }),
    });
    if (failed.length > 0) {
      const names = failed.map(({ check }) => check).join(', ');
      throw new Problem('CHECK_FAILED', `The profile ${profile.slug} refuses this: ${names}.`, {
        reason: reason!,
        checkResults,
      });
    }
    const hidden = command.email !== undefined && !matched;
    const told = hidden ? decide(plan.scorers, undefined, definition.match.falseMatchRate) : decision;
    return {
      verification: id,
      verified,
      ...(verified ? { subject: await nameOf(command, subject!) } : { reason }),
      confidence: told.confidence,
      compositeScore,
      checkResults,
      assurance,
      ...(identification ? { identification } : {}),
      match: { ...told.threshold, scorer: told.scorer.id, score: told.comparison?.score ?? null },
      profile: {
        id: profile.id,
        slug: profile.slug,
        version: profile.version,
        maturity: definition.maturity,
      },
      models: used,
      timing: timingOf(main, clock.now() - started),
    };
  };

  async function nameOf(command: VerifyCommand, id: SubjectId): Promise<{ id: SubjectId; email?: string }> {
    const { email } = await subjects.get(realmOf(command), id);
    return email === undefined ? { id } : { id, email };
  }
}

/** The first thing that stands against it, in one sentence; nothing when the person is verified. */
function reasonAgainst(
  matched: boolean,
  failed: readonly CheckResult[],
  compositeScore: number,
  minimum: number,
): string | undefined {
  const [first] = failed;
  if (first) return first.reason ?? `The check ${first.check} failed.`;
  if (!matched) return NOT_RECOGNIZED;
  if (compositeScore >= minimum) return undefined;
  return `The checks together reach ${compositeScore.toFixed(2)}; the profile asks for ${minimum.toFixed(2)}.`;
}

const realmOf = ({ organization, world }: VerifyCommand): Realm => ({ organization, world });

/** So that a claim can never be an id. */
const asAddress = (email: string) => (email.includes('@') ? email : `${email}@`);

/** The first 12 digits of each file that took part. */
function modelsUsed(plan: ModelPlan, files: Readonly<Record<string, string>>): Record<string, string> {
  const ids = [plan.detector, ...plan.embedders, ...(plan.pad?.models ?? [])];
  return Object.fromEntries(ids.map((id) => [id, (files[id] ?? '').slice(0, 12)]));
}

function timingOf({ timing }: Analysis, total: number): Record<string, number> {
  const rounded = Object.entries(timing).map(([step, ms]) => [step, Math.round(ms * 10) / 10] as const);
  return { ...Object.fromEntries(rounded), picture: Math.round(timing.total * 10) / 10, total };
}
