import type { FaceAnalyzer } from '../../inference/face.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { createTurns } from '../../lib/turns.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { type Audit, describeActor } from '../audit/index.ts';
import { type Consents, groundOf, purposes } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import type { Models } from '../models/index.ts';
import { type Organizations, refuseErased } from '../organizations/index.ts';
import { type Realm, realmKey, type Subject, type Subjects } from '../subjects/index.ts';
import { applyRule } from './apply-rule.ts';
import { type Attempt, attemptRules, type Claims } from './claims.ts';
import { faceQuality, qualityFinding } from './face-quality.ts';
import type { Matching } from './matching.ts';
import { planMatching } from './model-plan.ts';
import type { Profiles } from './profiles.ts';
import { pictureRefusal } from './refuse-picture.ts';
import type { Embeddings } from './score.ts';
import type { EnrollCommand, EnrollResult } from './verdict.ts';

export interface EnrollDeps {
  analyzer: FaceAnalyzer;
  subjects: Subjects;
  organizations: Pick<Organizations, 'get'>;
  consents: Pick<Consents, 'withTerm' | 'withholds' | 'withheldAfter'>;
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Profiles;
  matching: Matching;
  claims: Pick<Claims, 'admit'>;
  audit: Audit;
  events: Events;
  inTransaction: InTransaction;
  /** Milliseconds that the picture may take, waiting for a worker included. */
  deadline: number;
}

/** Error rates and detector of an enrollment are those of the organization's profile `default`. */
export function createEnroll({
  analyzer,
  subjects,
  organizations,
  consents,
  models,
  profiles,
  matching,
  claims,
  audit,
  events,
  inTransaction,
  deadline,
}: EnrollDeps) {
  /** One at a time in a realm: of two pictures of one face, or two for one e-mail, the second meets the first. */
  const turns = createTurns();

  return async function enroll(command: EnrollCommand): Promise<EnrollResult> {
    const { organization, world, email, name, mark, actor, request } = command;
    const realm: Realm = { organization, world };
    if (!email.includes('@')) {
      throw new Problem('INVALID_REQUEST', 'The field "email" must be an e-mail address.', {
        details: [{ path: 'email', message: 'It must be an e-mail address.' }],
      });
    }
    const settings = await organizations.get(organization);
    refuseErased(settings);
    const { consentPolicy, uniquenessPolicy } = settings;
    const ground = groundOf(settings);
    const consent = command.consent && consents.withTerm(settings, command.consent);
    if (consentPolicy === 'with-call' && consent === undefined) {
      throw new Problem(
        'CONSENT_REQUIRED',
        'This organization records consent with each enrollment: send consent with textVersion, purposes, method and legalBasis.',
      );
    }
    const { definition, ...profile } = await profiles.get(organization, 'default');
    const set = models.current();
    const plan = planMatching({ ...profile, definition }, { set, importable: models.importable() });
    const analysis = await analyzer.analyze(command.picture, {
      detector: plan.detector,
      embedders: set.embedders,
      deadline,
      ...(command.signal ? { signal: command.signal } : {}),
    });
    const report = faceQuality(analysis, { pad: false });
    const rule = definition.checks.faceQuality;
    const refusal = pictureRefusal(report, rule, definition.refuseQuality);
    if (refusal || !analysis.face) throw refusal!.problem;
    const { embeddings } = analysis.face;

    return turns(realmKey(realm), async () => {
      if (command.signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
      const existing = await subjects.find(realm, email);
      const withheld = consents.withheldAfter(ground, existing?.id, consent);
      if (withheld.length === purposes.length) {
        throw await refused(
          'CONSENT_WITHDRAWN',
          'This person has withdrawn every use of the face, or the consent has run out: send a new consent with the picture, or erase the person.',
          existing ? { subject: existing.id } : {},
        );
      }
      const comparable = !withheld.includes('deduplication');
      if (!comparable && uniquenessPolicy === 'block') {
        throw await refused(
          'CONSENT_REQUIRED',
          'This organization enrolls nobody twice and has to compare a new face with everybody else’s: send consent whose purposes include deduplication.',
          { purpose: 'deduplication', ...(existing ? { subject: existing.id } : {}) },
        );
      }
      const overridden = existing !== undefined && (await overridesMismatch(existing, embeddings));
      const compared = comparable && uniquenessPolicy !== 'off';
      const duplicateOf = compared ? await otherOwner(existing, embeddings) : undefined;
      if (duplicateOf !== undefined && uniquenessPolicy === 'block')
        throw await refused('DUPLICATE_IDENTITY', 'This face already belongs to another e-mail.', {
          duplicateOf,
        });
      const { subject, created, repeated } = await subjects.enroll(
        realm,
        {
          email,
          embeddings,
          quality: report.score,
          ...(name === undefined ? {} : { name }),
          ...(consent === undefined ? {} : { consent }),
          ...(mark === undefined ? {} : { mark }),
          audit: {
            ...(overridden ? { overrideMismatch: true } : {}),
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
        quality: applyRule('faceQuality', rule, qualityFinding(report)),
        ...(repeated ? { repeated } : {}),
        ...(uniquenessPolicy === 'warn' && compared ? { duplicate: duplicateOf !== undefined } : {}),
      };
    });

    /**
     * False when the face is the person's; true when it is not and an operator insists; throws otherwise. What a key tries is
     * an attempt at the address as a verification is: nobody gets around its limit by enrolling.
     */
    async function overridesMismatch(existing: Subject, probe: Embeddings): Promise<boolean> {
      if (existing.enrollments === 0) return false;
      if (actor.is !== 'key') return mismatches(existing, probe);
      const attempt = await claims.admit(realm, email, attemptRules(definition, false));
      try {
        return await mismatches(existing, probe, attempt);
      } finally {
        attempt.end();
      }
    }

    async function mismatches({ id }: Subject, probe: Embeddings, attempt?: Attempt): Promise<boolean> {
      const { matched } = await matching.against(realm, id, probe, plan, definition.match.falseMatchRate);
      if (matched) return false;
      if (command.overrideMismatch === true && actor.is === 'operator') return true;
      const comparable = (await subjects.enrollments(realm, id)).length > 0;
      if (!comparable && !(await subjects.find(realm, id)))
        throw new Problem('CONFLICT', 'This person was erased at the same time: try again.');
      throw await refused(
        'TEMPLATE_MISMATCH',
        comparable
          ? 'The face is not the one enrolled under this e-mail: an operator can override this on the box.'
          : 'The pictures enrolled under this e-mail cannot be compared any more (another model made them, or their key is gone): an operator who knows the person can enroll the new picture on the box.',
        { subject: id, comparable },
        comparable ? attempt : undefined,
      );
    }

    /** Another person whose face this is and who may be compared, at the error rate of a 1:N search. */
    async function otherOwner(self: Subject | undefined, probe: Embeddings) {
      const rate = definition.match.falseIdentificationRate;
      const { matched, subject } = await matching.search(
        realm,
        probe,
        plan,
        rate,
        (one) => one !== self?.id && !consents.withholds(ground, one, 'deduplication'),
      );
      return matched ? subject : undefined;
    }

    async function refused(
      code: ProblemCode,
      message: string,
      details: Record<string, unknown>,
      attempt?: Attempt,
    ): Promise<Problem> {
      const write = async (tx: Tx) => {
        await attempt?.settle(tx, 'against', { actor, target: String(details.subject) });
        await audit.add(tx, {
          actor,
          action: 'subject.enroll',
          organization,
          outcome: 'refused',
          ...(typeof details.subject === 'string' ? { target: details.subject } : {}),
          ...(request === undefined ? {} : { request }),
          details: { code, world, ...details },
        });
        await events.add(tx, {
          type: 'enrollment.refused',
          ...realm,
          payload: { code, actor: describeActor(actor), ...details },
        });
      };
      await (attempt ? attempt.inTurn(() => inTransaction(write)) : inTransaction(write));
      return new Problem(code, message);
    }
  };
}
