import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Organization, type Organizations, refuseErased } from '../../accounts/index.ts';
import { type Audit, describeActor } from '../../audit/index.ts';
import { type Consent, type Consents, type Ground, groundOf } from '../../consent/index.ts';
import type { Events } from '../../events/index.ts';
import {
  type Attempt,
  allowedOf,
  circumstancesIn,
  enrollmentEmbedders,
  type ModelPlan,
  type ProfileDefinition,
  type Profiles,
  planMatching,
  planModels,
  requireSource,
  sourceOfPictures,
} from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import type { Realm, Subjects } from '../../people/index.ts';
import type { EnrollCommand } from '../verdict.ts';

/** One enrollment on its way: what was asked, and what it runs by. */
export interface Enrollment {
  command: EnrollCommand;
  realm: Realm;
  definition: ProfileDefinition;
  plan: ModelPlan;
  /** As `enrollmentEmbedders`: more than the profile compares may make a template. */
  embedders: readonly string[];
  uniquenessPolicy: Organization['uniquenessPolicy'];
  ground: Ground;
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
        details: [{ path: 'email', message: 'It must be an e-mail address.' }],
      });
    }
    const settings = await organizations.get(organization);
    refuseErased(settings);
    const consent = command.consent && consents.withTerm(settings, command.consent);
    await requireConsent(realm, settings, consent, subjects);
    const profile = await profiles.get(organization, 'default');
    const fromFile = insists(command, 'overrideLiveness');
    if (!fromFile) requireSource(profile, sourceOfPictures(command.actor));
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
      ground: groundOf(settings),
      allowed,
      ...defined({ consent }),
    };
  };
}

/** Overrides of an operator; not available to keys. */
export const insists = (
  command: EnrollCommand,
  on: 'overrideMismatch' | 'overrideLiveness' | 'confirmed',
): boolean => command.actor.is === 'operator' && command[on] === true;

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
