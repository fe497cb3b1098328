import type { Analysis, AnalyzedFace, FaceAnalyzer } from '../../inference/face.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../../lib/problem.ts';
import { createTurns } from '../../lib/turns.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { type Audit, describeActor } from '../audit/index.ts';
import {
  applyRule,
  faceQuality,
  hardFailures,
  isBlackAndWhite,
  type QualityReport,
  qualityFinding,
  runLiveness,
} from '../checks/index.ts';
import { type Consents, purposes } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import type { PictureGuard, RefusedPictures } from '../lockout/index.ts';
import { type Attempt, type Claims, strictestRules } from '../lockout/index.ts';
import type { Embeddings, Matching } from '../matching/index.ts';
import { samePerson } from '../matching/index.ts';
import { realmKey, type Subject, type Subjects } from '../subjects/index.ts';
import {
  type BeginEnrollmentDeps,
  createBeginEnrollment,
  type Enrollment,
  insists,
} from './begin-enrollment.ts';
import { blackAndWhiteRefusal, pictureRefusal, refusedBefore } from './refuse-picture.ts';
import { shareOf } from './share-of.ts';
import { toldResults } from './told-results.ts';
import type { EnrollCommand, EnrollResult } from './verdict.ts';

export interface EnrollDeps extends BeginEnrollmentDeps {
  analyzer: FaceAnalyzer;
  subjects: Subjects;
  consents: Pick<Consents, 'withTerm' | 'withholds' | 'withheldAfter'>;
  matching: Matching;
  claims: Pick<Claims, 'admit'>;
  refusedPictures: RefusedPictures;
  audit: Audit;
  events: Events;
  inTransaction: InTransaction;
  /** Milliseconds that the picture may take, waiting for a worker included. */
  deadline: number;
}

/** A picture that can be judged. */
interface Seen {
  main: Analysis;
  face: AnalyzedFace;
  quality: QualityReport;
}

/** Whom the picture is enrolled for, and what an operator or the policy `warn` let pass. */
interface Admitted {
  existing: Subject | undefined;
  overridden: boolean;
  /** Whether others were looked at; absent where they may not be. */
  compared: boolean;
  duplicateOf?: SubjectId;
}

export function createEnroll(deps: EnrollDeps) {
  const { analyzer, subjects, consents, matching, claims, refusedPictures } = deps;
  const { audit, events, inTransaction, deadline } = deps;
  const begin = createBeginEnrollment(deps);
  /** One at a time in a realm: of two pictures of one face, or two for one e-mail, the second meets the first. */
  const turns = createTurns();

  return async function enroll(command: EnrollCommand): Promise<EnrollResult> {
    const run = await begin(command);
    const guard = await refusedPictures.admit(run.realm, command);
    const seen = await look(run, guard);
    await requireLife(run, seen, guard);
    return turns(realmKey(run.realm), async () => {
      if (command.signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
      return keep(run, seen, await admit(run, seen));
    });
  };

  async function look(
    { command, plan, embedders, definition }: Enrollment,
    guard: PictureGuard,
  ): Promise<Seen> {
    const main = await analyzer.analyze(command.picture, {
      detector: plan.detector,
      embedders: [...embedders],
      deadline,
      share: shareOf(command),
      ...(plan.pad ? { pad: plan.pad.id } : {}),
      ...(guard.stopAt.length > 0 ? { stopAt: guard.stopAt } : {}),
      ...(command.signal ? { signal: command.signal } : {}),
    });
    if (await guard.refusedBefore(main.pixelHash)) throw refusedBefore({ slug: 'default', definition });
    const quality = faceQuality(main, { pad: plan.pad !== undefined });
    const rule = definition.checks.faceQuality;
    const colorless = plan.pad !== undefined && isBlackAndWhite(main);
    const refusal =
      pictureRefusal(quality, rule, definition.refuseQuality) ??
      (colorless ? blackAndWhiteRefusal(quality, rule) : undefined);
    if (refusal || !main.face) throw refusal!.problem;
    if (plan.pad && !main.face.pad) throw new Error(`The analyzer left out the PAD set ${plan.pad.id}.`);
    return { main, face: main.face, quality };
  }

  /**
   * Refuses what the profile's liveness check would refuse of a verification. With a key, at an address that is enrolled, it counts
   * as a failed attempt at that address.
   */
  async function requireLife(run: Enrollment, { main }: Seen, guard: PictureGuard): Promise<void> {
    const { command, definition, allowed, plan, realm } = run;
    if (!plan.pad) return;
    const result = runLiveness({ definition, plan, main });
    if (!result || hardFailures(definition.checks, [result]).length === 0) return guard.admitAgain();
    const { check, reason = 'The picture does not seem to show a living person.' } = result;
    const seesFigures = command.actor.is === 'operator';
    const extra = { reason, checkResults: seesFigures ? [result] : toldResults([result], false) };
    const message = 'The profile default refuses this: liveness.';
    const also = (tx: Tx) => guard.add(tx, main.pixelHash);
    const refuse = (details: Record<string, unknown>, attempt?: Attempt) =>
      guard.inTurn(() =>
        refused(
          run,
          'CHECK_FAILED',
          message,
          { check, ...details },
          { extra, also, ...(attempt ? { attempt } : {}) },
        ),
      );
    const existing = await subjects.find(realm, command.email);
    if (!existing || command.actor.is !== 'key') {
      throw await refuse(existing ? { subject: existing.id } : {});
    }
    const attempt = await claims.admit(realm, command.email, strictestRules([definition, ...allowed], true));
    try {
      throw await refuse({ subject: existing.id }, attempt);
    } finally {
      attempt.end();
    }
  }

  async function admit(run: Enrollment, { face: { embeddings } }: Seen): Promise<Admitted> {
    const { command, realm, ground, consent, uniquenessPolicy } = run;
    const existing = await subjects.find(realm, command.email);
    const about = existing ? { subject: existing.id } : {};
    const withheld = consents.withheldAfter(ground, existing?.id, consent);
    if (withheld.length === purposes.length) {
      throw await refused(
        run,
        'CONSENT_WITHDRAWN',
        'This person has withdrawn every use of the face, or the consent has run out: send a new consent with the picture, or erase the person.',
        about,
      );
    }
    const comparable = !withheld.includes('deduplication');
    if (!comparable && uniquenessPolicy === 'block') {
      throw await refused(
        run,
        'CONSENT_REQUIRED',
        'This organization enrolls each person once and has to compare a new face with all others: send consent whose purposes include deduplication.',
        { purpose: 'deduplication', ...about },
      );
    }
    const overridden = existing !== undefined && (await overridesMismatch(run, existing, embeddings));
    const compared = comparable && uniquenessPolicy !== 'off';
    const duplicateOf = compared ? await otherOwner(run, existing, embeddings) : undefined;
    if (duplicateOf !== undefined && uniquenessPolicy === 'block')
      throw await refused(run, 'DUPLICATE_IDENTITY', 'This face already belongs to another e-mail.', {
        duplicateOf,
      });
    return { existing, overridden, compared, ...(duplicateOf === undefined ? {} : { duplicateOf }) };
  }

  async function keep(run: Enrollment, seen: Seen, admitted: Admitted): Promise<EnrollResult> {
    const { command, realm, consent, definition, uniquenessPolicy } = run;
    const { overridden, compared, duplicateOf } = admitted;
    const { email, name, mark, actor, request } = command;
    const confirmed = overridden || insists(command, 'confirmed');
    const { subject, created, repeated } = await subjects.enroll(
      realm,
      {
        email,
        embeddings: seen.face.embeddings,
        pixelHash: seen.main.pixelHash,
        quality: seen.quality.score,
        confirmed,
        ...(name === undefined ? {} : { name }),
        ...(consent === undefined ? {} : { consent }),
        ...(mark === undefined ? {} : { mark }),
        audit: {
          ...(confirmed ? { confirmed } : {}),
          ...(overridden ? { overrideMismatch: true } : {}),
          ...(realm.world === 'live' && insists(command, 'overrideLiveness')
            ? { overrideLiveness: true }
            : {}),
          ...(duplicateOf === undefined ? {} : { duplicateOf }),
        },
      },
      actor,
      request,
    );
    return {
      subject: subject.id,
      created,
      enrollments: subject.enrollments,
      quality: applyRule('faceQuality', definition.checks.faceQuality, qualityFinding(seen.quality)),
      ...(repeated ? { repeated } : {}),
      ...(uniquenessPolicy === 'warn' && compared ? { duplicate: duplicateOf !== undefined } : {}),
    };
  }

  /**
   * False when the face is the person's; true when it is not and an operator insists; throws otherwise. What a key tries is
   * an attempt at the address as a verification is: nobody gets around its limit by enrolling.
   */
  async function overridesMismatch(run: Enrollment, existing: Subject, probe: Embeddings): Promise<boolean> {
    const { command, realm, definition, allowed } = run;
    if (existing.enrollments === 0) return false;
    if (command.actor.is !== 'key') return mismatches(run, existing, probe);
    const attempt = await claims.admit(realm, command.email, strictestRules([definition, ...allowed], false));
    try {
      return await mismatches(run, existing, probe, attempt);
    } finally {
      attempt.end();
    }
  }

  async function mismatches(run: Enrollment, { id }: Subject, probe: Embeddings, attempt?: Attempt) {
    const { command, realm, plan } = run;
    const { same, comparable } = samePerson(plan.scorers, probe, await subjects.enrollments(realm, id));
    if (same) return false;
    if (insists(command, 'overrideMismatch')) return true;
    if (!comparable && !(await subjects.find(realm, id)))
      throw new Problem('CONFLICT', 'This person was erased at the same time: try again.');
    throw await refused(
      run,
      'TEMPLATE_MISMATCH',
      comparable
        ? 'The face is not like the pictures enrolled under this e-mail: an operator who knows the person can confirm the picture at the box with “gatehouse subject enroll --override-mismatch”.'
        : 'The confirmed pictures under this e-mail cannot be compared any more (another model made them, or their key is gone): an operator who knows the person can enroll the new picture at the box with “gatehouse subject enroll --override-mismatch”.',
      { subject: id, comparable },
      comparable && attempt ? { attempt } : {},
    );
  }

  /** Another person whose face this is and who may be compared, at the error rate of a 1:N search. */
  async function otherOwner(run: Enrollment, self: Subject | undefined, probe: Embeddings) {
    const { realm, plan, definition, ground } = run;
    const { falseIdentificationRate } = definition.match;
    const { matched, subject } = await matching.search(
      realm,
      probe,
      plan,
      { falseIdentificationRate },
      (one) => one !== self?.id && !consents.withholds(ground, one, 'deduplication'),
    );
    return matched ? subject : undefined;
  }

  async function refused(
    { command, realm }: Enrollment,
    code: ProblemCode,
    message: string,
    details: Record<string, unknown>,
    {
      attempt,
      extra = {},
      also,
    }: { attempt?: Attempt; extra?: ProblemExtra; also?: (tx: Tx) => Promise<void> } = {},
  ): Promise<Problem> {
    const { actor, request } = command;
    const write = async (tx: Tx) => {
      await attempt?.settle(tx, 'against', { actor, target: String(details.subject) });
      await also?.(tx);
      await audit.add(tx, {
        actor,
        action: 'subject.enroll',
        organization: realm.organization,
        outcome: 'refused',
        ...(typeof details.subject === 'string' ? { target: details.subject } : {}),
        ...(request === undefined ? {} : { request }),
        details: { code, world: realm.world, ...details },
      });
      await events.add(tx, {
        type: 'enrollment.refused',
        ...realm,
        payload: { code, actor: describeActor(actor), ...details },
      });
    };
    await (attempt ? attempt.inTurn(() => inTransaction(write)) : inTransaction(write));
    return new Problem(code, message, extra);
  }
}
