import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, ReviewId, SubjectId } from '../../../lib/id.ts';
import type { Locks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import {
  type AddressAttempts,
  type Attempt,
  applyRule,
  hardFailures,
  type PictureGuard,
  type QualityComponent,
  qualityFinding,
  type RefusedPictures,
  type Rules,
  runLiveness,
  strictestRules,
} from '../../matching/index.ts';
import { realmKey, type Subjects } from '../../people/index.ts';
import type { DuplicateCandidates } from '../../uniqueness/index.ts';
import { type AnalysisDeps, analysisRequest, analyzePicture } from '../analyze-pictures.ts';
import {
  disclosedResults,
  type EnrollCommand,
  type EnrollResult,
  type JudgeablePicture,
  NOT_LIVING,
  refusedLiveness,
} from '../verdict.ts';
import {
  type AdmitEnrollmentDeps,
  type AdmittedEnrollment,
  createAdmitEnrollment,
  createPrepareEnrollment,
  createRefuseEnrollment,
  type Enrollment,
  insists,
  isStaff,
  mayRename,
  type PrepareEnrollmentDeps,
  type RefuseEnrollment,
  type RefuseEnrollmentDeps,
} from './prepare-enrollment.ts';

type EnrollDeps = PrepareEnrollmentDeps &
  AnalysisDeps &
  Omit<AdmitEnrollmentDeps, 'refuse'> &
  RefuseEnrollmentDeps & {
    subjects: Subjects;
    refusedPictures: RefusedPictures;
    locks: Locks;
    sealer: { emailHash(organization: OrganizationId, email: string): string };
    requireOwnersFactor?: () => Promise<void>;
  };

export function createEnroll(deps: EnrollDeps) {
  const prepare = createPrepareEnrollment(deps);
  const analyze = createAnalyzeToEnroll(deps);
  const refuse = createRefuseEnrollment(deps);
  const requireLife = createRequireLife({ ...deps, refuse });
  const admit = createAdmitEnrollment({ ...deps, refuse });
  const keep = createKeepEnrollment(deps);
  const turns = deps.locks.of('enrollment');

  return async function enroll(command: EnrollCommand): Promise<EnrollResult> {
    await deps.requireOwnersFactor?.();
    const run = await prepare(command);
    const guard = await deps.refusedPictures.admit(run.realm, command);
    const seen = await analyze(run, guard);
    await requireLife(run, seen, guard);
    return turns(turnOf(deps, run), async () => {
      if (command.signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
      return keep(run, seen, await admit(run, seen));
    });
  };
}

/** Of two pictures of one face, where faces are compared, or two for one e-mail, the second meets the first. */
const turnOf = (
  { sealer }: Pick<EnrollDeps, 'sealer'>,
  { realm, uniquenessPolicy, command }: Enrollment,
): string =>
  uniquenessPolicy === 'off'
    ? `${realmKey(realm)}/${sealer.emailHash(realm.organization, command.email)}`
    : realmKey(realm);

/** What the camera does not take a picture with, and an API key may still enroll. */
const unclear: readonly QualityComponent[] = ['sharpness', 'luminanceMean', 'underExposurePrevention'];
/** A person at the console or the box chose the picture; at a kiosk the camera did. */
const isFromFile = ({ actor }: EnrollCommand): boolean =>
  actor.is === 'operator' || actor.is === 'administrator';

/** The step `analyze` of an enrollment: throws what refuses the picture. */
export function createAnalyzeToEnroll({ analyzer, deadline }: AnalysisDeps) {
  return async function analyze(
    { command, plan, embedders, definition, uniquenessPolicy }: Enrollment,
    guard: PictureGuard,
  ): Promise<JudgeablePicture> {
    const request = {
      ...analysisRequest(command, plan, embedders, deadline),
      // Kept only for a face similar to that of another person, for the reviewer.
      ...(uniquenessPolicy === 'off' ? {} : { portrait: true as const }),
    };
    const { refuseQuality } = definition;
    const refused =
      isFromFile(command) && !command.overrideQuality ? [...refuseQuality, ...unclear] : refuseQuality;
    const profile = { slug: 'default', definition: { ...definition, refuseQuality: refused } };
    const analyzed = await analyzePicture(analyzer, command.picture, request, { profile, guard });
    if ('refusal' in analyzed) {
      const { problem } = analyzed.refusal;
      const { testOutcome } = analyzed.main;
      throw testOutcome
        ? new Problem(problem.code, problem.message, { ...problem.extra, testOutcome })
        : problem;
    }
    return analyzed;
  };
}

/** The step `keep`: stores the templates, and returns the result. */
export function createKeepEnrollment({
  subjects,
  candidates,
}: {
  subjects: Pick<Subjects, 'enroll'>;
  candidates: Pick<DuplicateCandidates, 'enrolled'>;
}) {
  return async function keep(
    run: Enrollment,
    seen: JudgeablePicture,
    { overridden, compared, candidate, upgrades }: AdmittedEnrollment,
  ): Promise<EnrollResult> {
    const { command, realm, consent, definition, uniquenessPolicy } = run;
    const { email, name, mark, metadata, actor, request } = command;
    const confirmed = overridden || insists(command, 'confirmed');
    let review: ReviewId | undefined;
    const { subject, created, enrollment, repeated } = await subjects.enroll(
      realm,
      {
        email,
        embeddings: seen.face.embeddings,
        pixelHash: seen.main.pixelHash,
        quality: seen.quality.score,
        confirmed,
        attended: isStaff(actor),
        renames: mayRename(actor),
        upgrades,
        ...defined({ name, consent, mark, metadata }),
        audit: {
          ...(confirmed ? { confirmed } : {}),
          ...(overridden ? { overrideMismatch: true } : {}),
          ...(realm.world === 'live' && insists(command, 'overrideLiveness')
            ? { overrideLiveness: true }
            : {}),
          ...(command.overrideQuality && isFromFile(command) ? { overrideQuality: true } : {}),
          ...defined({ duplicateOf: candidate?.known }),
        },
        ...(candidate
          ? {
              async beside(tx: Tx, person: SubjectId) {
                review = await candidates.enrolled(tx, candidate, person);
              },
            }
          : {}),
      },
      actor,
      request,
    );
    return {
      subject: subject.id,
      picture: enrollment,
      created,
      enrollments: subject.enrollments,
      quality: applyRule('faceQuality', definition.checks.faceQuality, qualityFinding(seen.quality)),
      ...(repeated ? { repeated } : {}),
      ...(uniquenessPolicy === 'warn' && compared ? { duplicate: candidate !== undefined } : {}),
      ...defined({ review, testOutcome: seen.main.testOutcome }),
    };
  };
}

const REFUSED = 'The profile default refuses this: liveness.';

interface RequireLifeDeps {
  subjects: Pick<Subjects, 'find'>;
  addressAttempts: Pick<AddressAttempts, 'admit'>;
  refuse: RefuseEnrollment;
}

/**
 * The step `requireLife`: refuses what the profile's liveness check would refuse of a verification. At an address that is enrolled it
 * counts as a failed attempt at that address, but for the operator of the box.
 */
export function createRequireLife({ subjects, addressAttempts, refuse }: RequireLifeDeps) {
  return async function requireLife(
    run: Enrollment,
    { main }: Pick<JudgeablePicture, 'main'>,
    guard: PictureGuard,
  ): Promise<void> {
    const { command, definition, allowed, plan, realm } = run;
    if (main.testOutcome === 'refused-by-liveness') throw refusedTestPerson(definition.checks);
    if (!plan.pad) return;
    const result = runLiveness({ definition, plan, main });
    if (!result || hardFailures(definition.checks, [result]).length === 0) return guard.admitAgain();
    const { check, reason = 'The picture does not seem to show a living person.' } = result;
    const seesFigures = command.actor.is === 'operator';
    const extra = { reason, checkResults: seesFigures ? [result] : disclosedResults([result], false) };
    const also = (tx: Tx) => guard.add(tx, main.pixelHash);
    const refused = (details: Record<string, unknown>, attempt?: Attempt) =>
      guard.inTurn(() =>
        refuse(run, 'CHECK_FAILED', REFUSED, { check, ...details }, { extra, also, ...defined({ attempt }) }),
      );
    const existing = await subjects.find(realm, command.email);
    if (!existing || command.actor.is === 'operator') {
      throw await refused(existing ? { subject: existing.id } : {});
    }
    const attempt = await addressAttempts.admit(
      realm,
      command.email,
      strictestRules([definition, ...allowed], true),
    );
    try {
      throw await refused({ subject: existing.id }, attempt);
    } finally {
      attempt.end();
    }
  };
}

/** Nothing is counted against anyone: the picture is refused as often as a test sends it. */
const refusedTestPerson = ({ liveness }: Rules): Problem =>
  new Problem('CHECK_FAILED', REFUSED, {
    reason: NOT_LIVING,
    checkResults: disclosedResults([refusedLiveness(liveness, NOT_LIVING)], false),
    testOutcome: 'refused-by-liveness',
  });
