import { defined } from '../../../lib/defined.ts';
import { Problem, type ProblemExtra } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import { type Consents, purposes } from '../../consent/index.ts';
import {
  type Attempt,
  type Claims,
  type Embeddings,
  type Matching,
  type MatchPlan,
  samePerson,
  strictestRules,
} from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import type { Realm, Subject, Subjects } from '../../people/index.ts';
import { likenessOf, type Suspects, type Suspicion } from '../../uniqueness/index.ts';
import type { Sight } from '../verdict.ts';
import { type Enrollment, insists, type RefuseEnrollment } from './prepare-enrollment.ts';

export interface AdmitEnrollmentDeps {
  subjects: Pick<Subjects, 'find' | 'enrollments' | 'distinctFrom'>;
  consents: Pick<Consents, 'withholds' | 'withheldAfter'>;
  matching: Pick<Matching, 'against' | 'search'>;
  claims: Pick<Claims, 'admit'>;
  models: Pick<Models, 'current'>;
  suspects: Suspects;
  refuse: RefuseEnrollment;
}

/** An enrollment that was admitted, with overrides and warnings. */
export interface AdmittedEnrollment {
  /** The face is not like the person's, and an operator insists. */
  overridden: boolean;
  /** Whether the face was compared with other people's; false where that is not allowed. */
  compared: boolean;
  /** Another person has the face. */
  suspicion?: Suspicion;
  /** As `NewPicture.upgrades`. */
  upgrades: boolean;
}

/** A person of the organization, or the appliance for one; no program and no visitor of a page. */
export const isStaff = ({ is }: Actor): boolean => is !== 'key' && is !== 'session';

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
    { face, main, quality }: Sight,
  ): Promise<Suspicion | undefined> {
    const { command, realm, plan, definition, ground } = run;
    const { falseIdentificationRate } = definition.match;
    const others = self ? await subjects.distinctFrom(self.id) : [];
    const distinct = new Set(others.map(({ subject }) => subject));
    const decision = await matching.search(
      realm,
      face.embeddings,
      plan,
      { falseIdentificationRate },
      (one) => one !== self?.id && !distinct.has(one) && !consents.withholds(ground, one, 'deduplication'),
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
    { face: { embeddings } }: Sight,
  ): Promise<boolean> {
    const [first, ...others] = plan.scorers.filter(({ supersededBy }) =>
      plan.scorers.some((one) => one.id === supersededBy),
    );
    if (!first || !confirmsBy(realm, command.actor)) return false;
    const former: MatchPlan = { scorers: [first, ...others] };
    const rate = definition.match.falseMatchRate;
    return (await matching.against(realm, id, embeddings, former, rate)).matched;
  }

  return async function admit(run: Enrollment, seen: Sight): Promise<AdmittedEnrollment> {
    const { command, realm, ground, consent, uniquenessPolicy } = run;
    const existing = await subjects.find(realm, command.email);
    const about = existing ? { subject: existing.id } : {};
    const withheld = consents.withheldAfter(ground, existing?.id, consent);
    if (withheld.length === purposes.length) {
      throw await refuse(
        run,
        'CONSENT_WITHDRAWN',
        'This person has withdrawn every use of the face, or the consent has run out: send a new consent with the picture, or erase the person.',
        about,
      );
    }
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
    const suspicion = compared ? await otherOwner(run, existing, seen) : undefined;
    if (suspicion && uniquenessPolicy === 'block')
      throw await refuseDuplicate(deps, run, seen, suspicion, existing);
    const upgrades = existing !== undefined && (await isSameBySuperseded(run, existing, seen));
    return { overridden, compared, upgrades, ...defined({ suspicion }) };
  };
}

/** Refuses a duplicate and stores it for review. */
function refuseDuplicate(
  { refuse, suspects, models }: AdmitEnrollmentDeps,
  run: Enrollment,
  { face: { embeddings }, main, quality }: Sight,
  suspicion: Suspicion,
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
    { duplicateOf: suspicion.known },
    {
      extra,
      async also(tx) {
        const review = await suspects.waiting(tx, suspicion, order);
        if (review !== undefined) extra.review = review;
      },
    },
  );
}

/**
 * False when the face is the person's; true when it is not and an operator insists; throws otherwise. What a key tries is an attempt
 * at the address as a verification is: enrolling is no way around its limit.
 */
function createMismatchOverride({ subjects, claims, refuse }: AdmitEnrollmentDeps) {
  return async function overridesMismatch(
    run: Enrollment,
    existing: Subject,
    probe: Embeddings,
  ): Promise<boolean> {
    const { command, realm, definition, allowed } = run;
    if (existing.enrollments === 0) return false;
    if (command.actor.is !== 'key') return mismatches(run, existing, probe);
    const attempt = await claims.admit(realm, command.email, strictestRules([definition, ...allowed], false));
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
