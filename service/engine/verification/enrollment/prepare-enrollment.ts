import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { type Consent, type Consents, type Ground, groundOf } from '../../consent/index.ts';
import type { Models } from '../../models/index.ts';
import { type Organization, type Organizations, refuseErased } from '../../organizations/index.ts';
import type { ProfileDefinition, Profiles } from '../../profiles/index.ts';
import {
  allowedOf,
  circumstancesIn,
  enrollmentEmbedders,
  type ModelPlan,
  planMatching,
  planModels,
  requireSource,
  sourceOfPictures,
} from '../../profiles/index.ts';
import type { Realm, Subjects } from '../../subjects/index.ts';
import { requireConsent } from '../require-consent.ts';
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
