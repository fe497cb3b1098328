import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Organization, type Organizations, refuseErased } from '../../accounts/index.ts';
import { type Actor, type Audit, describeActor } from '../../audit/index.ts';
import { type Consent, type Consents, type LegalBasis, legalBasisOf, purposes } from '../../consent/index.ts';
import type { Events } from '../../events/index.ts';
import {
  type AddressAttempts,
  type Attempt,
  allowedOf,
  circumstancesIn,
  type Embeddings,
  enrollmentEmbedders,
  type Matching,
  type MatchPlan,
  type ModelPlan,
  type ProfileDefinition,
  type Profiles,
  planMatching,
  planModels,
  requireSource,
  samePerson,
  sourceOfPictures,
  strictestRules,
} from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import type { Realm, Subject, Subjects } from '../../people/index.ts';
import { type DuplicateCandidate, type DuplicateCandidates, likenessOf } from '../../uniqueness/index.ts';
import type { EnrollCommand, JudgeablePicture } from '../verdict.ts';

/** One enrollment on its way: what was asked, and what it runs by. */
export interface Enrollment {
  command: EnrollCommand;
  realm: Realm;
  definition: ProfileDefinition;
  plan: ModelPlan;
  /** As `enrollmentEmbedders`: more than the profile compares may make a template. */
  embedders: readonly string[];
  uniquenessPolicy: Organization['uniquenessPolicy'];
  legalBasis: LegalBasis;
  /** Profiles that the organization allows; the strictest limits attempts at an address. */
  allowed: readonly ProfileDefinition[];
  consent?: Consent;
}

export interface PrepareEnrollmentDeps {
  subjects: Pick<Subjects, 'count' | 'peopleWithout'>;
  organizations: Pick<Organizations, 'get'>;
  consents: Pick<Consents, 'withTerm'>;
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Profiles;
  clock: Clock;
}

/**
 * The step `prepare` of an enrollment: what it runs by. What cannot be done is refused here. Error rates, detector,
 * presentation attack detection and the source of the picture are those of the organization's profile `default`; the source
 * of a picture that an operator enrolls without asking for a living person is not asked for either.
 */
export function createPrepareEnrollment({
  subjects,
  organizations,
  consents,
  models,
  profiles,
  clock,
}: PrepareEnrollmentDeps) {
  return async function prepare(command: EnrollCommand): Promise<Enrollment> {
    const { organization, world, email } = command;
    const realm: Realm = { organization, world };
    if (!email.includes('@')) {
      throw new Problem('INVALID_REQUEST', 'The field "email" must be an e-mail address.', {
        details: [{ path: 'email', message: 'It must be an e-mail address.', rule: 'email' }],
      });
    }
    const settings = await organizations.get(organization);
    refuseErased(settings);
    const consent = command.consent && consents.withTerm(settings, command.consent);
    await requireConsent(realm, settings, consent, subjects);
    const profile = await profiles.get(organization, 'default');
    const fromFile = insists(command, 'overrideLiveness');
    // Of a box that takes people at kiosks alone, its operator still enrolls a paper file.
    if (!fromFile || command.actor.is !== 'operator') requireSource(profile, sourceOfPictures(command.actor));
    const inUse = await profiles.list(organization);
    const allowed = allowedOf(inUse, settings.allowedProfiles).map((one) => one.definition);
    const circumstances = circumstancesIn({ models, subjects, clock }, realm);
    // In the live world what would not pass for a living person in a verification is not enrolled as one either.
    const judgesLife = world === 'live' && !fromFile;
    const plan = judgesLife
      ? planModels(profile, { ...circumstances, world, matchOnly: settings.matchOnly })
      : planMatching(profile, circumstances);
    return {
      command,
      realm,
      definition: profile.definition,
      plan,
      embedders: enrollmentEmbedders(circumstances.set, allowed, plan),
      uniquenessPolicy: settings.uniquenessPolicy,
      legalBasis: legalBasisOf(settings),
      allowed,
      ...defined({ consent }),
    };
  };
}

/** Overrides of the operator of the box; an administrator says of a picture that it is a scan, and no more. Never of a key. */
export const insists = (
  { actor, ...command }: EnrollCommand,
  on: 'overrideMismatch' | 'overrideLiveness' | 'confirmed',
): boolean =>
  command[on] === true &&
  (actor.is === 'operator' || (actor.is === 'administrator' && on === 'overrideLiveness'));

/**
 * Refuses an enrollment without the consent that the organization's policy asks for, before the picture is looked at. In the
 * live world the organization has to have recorded either policy: consent with each call, or its own attestation. One that
 * holds live people already goes on without; `doctor` and the log of the start warn of it. Throws CONSENT_REQUIRED with what
 * to send or run.
 */
async function requireConsent(
  { world, ...rest }: Realm,
  { consentPolicy, attestation }: Organization,
  consent: Consent | undefined,
  subjects: Pick<Subjects, 'count'>,
): Promise<void> {
  if (consentPolicy === 'with-call') {
    if (consent !== undefined) return;
    throw new Problem(
      'CONSENT_REQUIRED',
      'This organization records consent with each enrollment: send consent with textVersion, purposes, method and legalBasis.',
    );
  }
  if (world === 'test' || attestation !== undefined) return;
  if ((await subjects.count({ world, ...rest })) > 0) return;
  throw new Problem(
    'CONSENT_REQUIRED',
    'This organization has not recorded on what consent it enrolls real people. An operator does that once at the box: “gatehouse consent attest” vouches for all of them, “gatehouse org set --consent with-call” asks for a consent with each enrollment.',
  );
}

export interface RefuseEnrollmentDeps {
  audit: Audit;
  events: Events;
  inTransaction: InTransaction;
}

/** What is written in the same transaction, and returned beside the message. */
interface Beside {
  attempt?: Attempt;
  extra?: ProblemExtra;
  also?: (tx: Tx) => Promise<void>;
}

export type RefuseEnrollment = ReturnType<typeof createRefuseEnrollment>;

/** Writes a refused enrollment, its audit line and its event; the Problem is the caller's to throw. */
export function createRefuseEnrollment({ audit, events, inTransaction }: RefuseEnrollmentDeps) {
  return async function refuseEnrollment(
    { command, realm }: Enrollment,
    code: ProblemCode,
    message: string,
    details: Record<string, unknown>,
    { attempt, extra = {}, also }: Beside = {},
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
        ...defined({ request }),
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
  };
}

export interface AdmitEnrollmentDeps {
  subjects: Pick<Subjects, 'catchUp' | 'find' | 'enrollments' | 'distinctFrom'>;
  consents: Pick<Consents, 'withholds' | 'withheldAfter' | 'takesAway'>;
  matching: Pick<Matching, 'against' | 'search'>;
  addressAttempts: Pick<AddressAttempts, 'admit'>;
  models: Pick<Models, 'current'>;
  candidates: DuplicateCandidates;
  refuse: RefuseEnrollment;
}

/** An enrollment that was admitted, with overrides and warnings. */
export interface AdmittedEnrollment {
  /** The face is not like the person's, and an operator insists. */
  overridden: boolean;
  /** Whether the face was compared with other people's; false where that is not allowed. */
  compared: boolean;
  /** Another person has the face. */
  candidate?: DuplicateCandidate;
  /** As `NewPicture.upgrades`. */
  upgrades: boolean;
}

/** A person of the organization, or the appliance for one; no program and no visitor of a page. */
export const isStaff = ({ is }: Actor): boolean => is !== 'key' && is !== 'session';

/** A name is changed as an identity is (`changeSubject`), which an account of the organization does not do by a picture. */
export const mayRename = ({ is }: Actor): boolean => is !== 'administrator' && is !== 'kiosk';

/** Whose enrollment may confirm itself: in the live world an account that enrolls a picture takes another one to confirm it. */
const confirmsBy = ({ world }: Realm, actor: Actor): boolean =>
  world === 'live' ? actor.is === 'operator' : isStaff(actor);

/** The step `admit` of an enrollment: consent, the person's own pictures, other people's. Refuses with what was written. */
export function createAdmitEnrollment(deps: AdmitEnrollmentDeps) {
  const { subjects, consents, matching, refuse } = deps;
  const overridesMismatch = createMismatchOverride(deps);

  /** Another person whose face this is, who may be compared and is not known to be a different one, at the error rate of a 1:N search. */
  async function otherOwner(
    run: Enrollment,
    self: Subject | undefined,
    { face, main, quality }: JudgeablePicture,
  ): Promise<DuplicateCandidate | undefined> {
    const { command, realm, plan, definition, legalBasis } = run;
    const { falseIdentificationRate } = definition.match;
    const others = self ? await subjects.distinctFrom(self.id) : [];
    const distinct = new Set(others.map(({ subject }) => subject));
    const decision = await matching.search(
      realm,
      face.embeddings,
      plan,
      { falseIdentificationRate },
      (one) =>
        one !== self?.id && !distinct.has(one) && !consents.withholds(legalBasis, one, 'deduplication'),
    );
    if (!decision.matched || decision.subject === undefined) return undefined;
    const { actor, request } = command;
    return {
      realm,
      known: decision.subject,
      likeness: likenessOf(decision, quality.score),
      actor,
      ...defined({ portrait: main.portrait, request }),
    };
  }

  /** As strict as a verification by it: the rule for a further picture is laxer. */
  async function isSameBySuperseded(
    { command, realm, plan, definition }: Enrollment,
    { id }: Subject,
    { face: { embeddings } }: JudgeablePicture,
  ): Promise<boolean> {
    const [first, ...others] = plan.scorers.filter(({ supersededBy }) =>
      plan.scorers.some((one) => one.id === supersededBy),
    );
    if (!first || !confirmsBy(realm, command.actor)) return false;
    const former: MatchPlan = { scorers: [first, ...others] };
    const rate = definition.match.falseMatchRate;
    return (await matching.against(realm, id, embeddings, former, rate)).matched;
  }

  return async function admit(run: Enrollment, seen: JudgeablePicture): Promise<AdmittedEnrollment> {
    const { command, realm, legalBasis, consent, uniquenessPolicy } = run;
    const existing = await subjects.find(realm, command.email);
    const about = existing ? { subject: existing.id } : {};
    const { name } = command;
    if (existing && name !== undefined && name !== existing.name && !mayRename(command.actor))
      throw await refuse(
        run,
        'CONFLICT',
        'This person is enrolled under another name, or without one: leave the name out, and change it on the page of the person (PATCH /api/admin/subjects/{id}).',
        about,
      );
    await subjects.catchUp();
    const withheld = consents.withheldAfter(legalBasis, existing?.id, consent);
    if (withheld.length === purposes.length) {
      throw await refuse(
        run,
        'CONSENT_WITHDRAWN',
        'This person has withdrawn every use of the face, or the consent has run out: send a new consent with the picture, or erase the person.',
        about,
      );
    }
    const person = existing && { ...realm, subject: existing.id };
    if (
      person &&
      command.consent &&
      command.actor.is === 'administrator' &&
      (await consents.takesAway(person, command.consent))
    )
      throw await refuse(
        run,
        'CONFLICT',
        'This consent ends uses of the face that the organization attested: record it for the person first, then enroll the picture without it.',
        about,
      );
    const comparable = !withheld.includes('deduplication');
    if (!comparable && uniquenessPolicy === 'block') {
      throw await refuse(
        run,
        'CONSENT_REQUIRED',
        'This organization enrolls each person once and has to compare a new face with all others: send consent whose purposes include deduplication.',
        { purpose: 'deduplication', ...about },
      );
    }
    const overridden =
      existing !== undefined && (await overridesMismatch(run, existing, seen.face.embeddings));
    const compared = comparable && uniquenessPolicy !== 'off';
    const candidate = compared ? await otherOwner(run, existing, seen) : undefined;
    if (candidate && uniquenessPolicy === 'block')
      throw await refuseDuplicate(deps, run, seen, candidate, existing);
    const upgrades = existing !== undefined && (await isSameBySuperseded(run, existing, seen));
    return { overridden, compared, upgrades, ...defined({ candidate }) };
  };
}

/** Refuses a duplicate and stores it for review. */
function refuseDuplicate(
  { refuse, candidates, models }: AdmitEnrollmentDeps,
  run: Enrollment,
  { face: { embeddings }, main, quality }: JudgeablePicture,
  candidate: DuplicateCandidate,
  existing: Subject | undefined,
): Promise<Problem> {
  const { email, name } = run.command;
  const { files } = models.current();
  const extra: ProblemExtra = {};
  const order = {
    email,
    embeddings,
    files: Object.fromEntries(Object.keys(embeddings).map((id) => [id, files[id] ?? ''])),
    pixelHash: main.pixelHash,
    quality: quality.score,
    ...defined({ name, consent: run.consent, existing: existing?.id }),
  };
  return refuse(
    run,
    'DUPLICATE_IDENTITY',
    'This face already belongs to another e-mail.',
    { duplicateOf: candidate.known },
    {
      extra,
      async also(tx) {
        const review = await candidates.waiting(tx, candidate, order);
        if (review !== undefined) extra.review = review;
      },
    },
  );
}

/**
 * False when the face is the person's; true when it is not and an operator insists; throws otherwise. What anyone but the operator of the
 * box tries is an attempt at the address as a verification is: enrolling is no way around its limit.
 */
function createMismatchOverride({ subjects, addressAttempts, refuse }: AdmitEnrollmentDeps) {
  return async function overridesMismatch(
    run: Enrollment,
    existing: Subject,
    probe: Embeddings,
  ): Promise<boolean> {
    const { command, realm, definition, allowed } = run;
    if (existing.enrollments === 0) return false;
    if (command.actor.is === 'operator') return mismatches(run, existing, probe);
    const attempt = await addressAttempts.admit(
      realm,
      command.email,
      strictestRules([definition, ...allowed], false),
    );
    try {
      return await mismatches(run, existing, probe, attempt);
    } finally {
      attempt.end();
    }
  };

  async function mismatches(run: Enrollment, { id }: Subject, probe: Embeddings, attempt?: Attempt) {
    const { command, realm, plan } = run;
    const { same, comparable } = samePerson(plan.scorers, probe, await subjects.enrollments(realm, id));
    if (same) return false;
    if (insists(command, 'overrideMismatch')) return true;
    if (!comparable && !(await subjects.find(realm, id)))
      throw new Problem('CONFLICT', 'This person was erased at the same time: try again.');
    throw await refuse(
      run,
      'TEMPLATE_MISMATCH',
      comparable
        ? 'The face is not like the pictures enrolled under this e-mail: an operator who knows the person can confirm the picture at the box with “gatehouse subject enroll --override-mismatch”.'
        : 'The confirmed pictures under this e-mail cannot be compared any more (they belong to another model, or their key was destroyed): an operator who knows the person can enroll the new picture at the box with “gatehouse subject enroll --override-mismatch”.',
      { subject: id, comparable },
      comparable && attempt ? { attempt } : {},
    );
  }
}
