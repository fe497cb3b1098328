import type { CountryOf } from '../../lib/country-of.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Limits, Organizations } from '../accounts/index.ts';
import type { Foundation } from '../audit/index.ts';
import { type Consents, type LegalBasis, legalBasisOf } from '../consent/index.ts';
import {
  type AddressAttempts,
  type Attempt,
  allowedOf,
  circumstancesIn,
  type GeoLocation,
  type PictureGuard,
  type ProfileDefinition,
  type Profiles,
  planModels,
  profileNamed,
  type RefusedPictures,
  requireAllowed,
  requireSource,
  sourceOfPictures,
  strictestRules,
} from '../matching/index.ts';
import type { Models } from '../models/index.ts';
import { requireReadableAddress, type Subject, type Subjects } from '../people/index.ts';
import type { Matched } from './judge.ts';
import type { Run, VerifyCommand } from './verdict.ts';

export interface PrepareDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  subjects: Pick<Subjects, 'catchUp' | 'find' | 'peopleWithout'>;
  organizations: Pick<Organizations, 'get' | 'siteOf'>;
  consents: Pick<Consents, 'withholds'>;
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Profiles;
  limits: Pick<Limits, 'admitPerson'>;
  countryOf: CountryOf;
}

/** The step `prepare`: what a verification runs by. What cannot be done is refused here. */
export function createPrepareVerification(deps: PrepareDeps) {
  const { organizations, profiles, limits, ids, clock } = deps;
  return async function prepare(command: VerifyCommand): Promise<Run> {
    const { organization, world } = command;
    const started = clock.now();
    checkFrameTimes(command);
    if (command.actor.is === 'key' && command.email !== undefined) {
      await limits.admitPerson({ organization, world }, command.email);
    }
    const settings = await organizations.get(organization);
    const inUse = await profiles.list(organization);
    const allowed = { inUse, organization: settings.allowedProfiles, key: command.profiles ?? [] };
    const profile = await profiles.get(organization, profileNamed({ ...allowed, named: command.profile }));
    requireAllowed(profile, command.actor, allowed);
    const source = command.source ?? sourceOfPictures(command.actor);
    requireSource(profile, source);
    const matchOnly = settings.matchOnly && world === 'live';
    const legalBasis = legalBasisOf(settings);
    const claimed = await claimedBy(deps, command, legalBasis);
    const realm = { organization, world };
    const circumstances = circumstancesIn(deps, realm);
    const plan = planModels(profile, { ...circumstances, world, matchOnly });
    const place = await placeOf(deps, command, profile.definition);
    return {
      id: ids.next('verification'),
      started,
      command,
      source,
      realm,
      matchOnly,
      allowed: allowedOf(inUse, settings.allowedProfiles).map(({ definition }) => definition),
      legalBasis,
      profile,
      plan,
      files: circumstances.set.files,
      ...defined({ claimed, place }),
    };
  };
}

/**
 * The person that a 1:1 verification names, if there is one. Where the consent does not cover it no picture is analyzed.
 * That reveals no more than the answer, which is the organization's own record of its own person.
 */
async function claimedBy(
  { subjects, consents, inTransaction, audit }: PrepareDeps,
  { email, organization, world, actor, request }: VerifyCommand,
  legalBasis: LegalBasis,
): Promise<Subject | undefined> {
  // For an unknown person too: the reply to them takes as long.
  await subjects.catchUp();
  // An id must not pass for an address.
  const found = email?.includes('@') ? await subjects.find({ organization, world }, email) : undefined;
  // A disabled person gets the same reply as an unknown one.
  const claimed = found?.disabledAt === undefined ? found : undefined;
  if (!claimed || !consents.withholds(legalBasis, claimed.id, 'verification')) return claimed;
  await inTransaction((tx) =>
    audit.add(tx, {
      actor,
      action: 'verification.decide',
      organization,
      target: claimed.id,
      outcome: 'refused',
      ...defined({ request }),
      details: { code: 'CONSENT_WITHDRAWN', world, kind: '1:1' },
    }),
  );
  throw new Problem(
    'CONSENT_WITHDRAWN',
    'The consent of this person does not cover verification: it was withdrawn, has run out, or was never given. A new consent makes it possible again.',
  );
}

/** Coordinates without a country get theirs where the profile asks for it. */
async function placeOf(
  { organizations, countryOf }: PrepareDeps,
  { place, address, organization }: VerifyCommand,
  { checks, geoFence }: ProfileDefinition,
): Promise<GeoLocation | undefined> {
  if (place !== undefined) {
    const asked = checks.geoFence.enabled && geoFence !== undefined && geoFence.countries.length > 0;
    if (!asked || place.country !== undefined) return place;
    const country = await countryOf(place);
    return country === undefined ? place : { ...place, country };
  }
  if (address === undefined) return undefined;
  const site = await organizations.siteOf(organization, address);
  if (!site) return undefined;
  const { latitude, longitude, country, timeZone } = site;
  return { latitude, longitude, country, timeZone };
}

/** INVALID_REQUEST unless every frame has a time, or none. */
function checkFrameTimes({ frames = [], frameTimes }: Pick<VerifyCommand, 'frames' | 'frameTimes'>): void {
  if (frameTimes === undefined || frameTimes.length === frames.length) return;
  throw new Problem('INVALID_REQUEST', 'There must be as many frame times as frames.', {
    details: [{ path: 'frameTimes', message: `${frames.length} numbers, one for each frame.` }],
  });
}

export interface AdmitDeps {
  addressAttempts: Pick<AddressAttempts, 'admit'>;
  refusedPictures: RefusedPictures;
  subjects: Pick<Subjects, 'find'>;
}

/** A verification that was let in; `end` in any case. */
export interface Admission {
  guard: PictureGuard;
  /** Attempt at the claimed address, or at that of the person a search found; absent without one. */
  attempt?: Attempt;
  end(): void;
}

/**
 * The step `admit`, before any inference runs. Throws BURST_LIMIT_EXCEEDED, USER_FLOOD_DETECTED and VERIFICATION_DISABLED.
 * `admitMatched`: a person matched by a 1:N search has the same limit as one named by a 1:1 verification.
 */
export function createAdmit({ addressAttempts, refusedPictures, subjects }: AdmitDeps) {
  async function attemptAt(
    { realm, profile, plan, matchOnly, allowed }: Run,
    address: string | undefined,
  ): Promise<{ attempt?: Attempt }> {
    if (address === undefined) return {};
    const pad = plan.pad !== undefined && !matchOnly;
    const rules = strictestRules([profile.definition, ...allowed], pad);
    return { attempt: await addressAttempts.admit(realm, address, rules) };
  }

  return {
    async admit(run: Run): Promise<Admission> {
      const guard = await refusedPictures.admit(run.realm, run.command);
      const admission: Admission = {
        guard,
        ...(await attemptAt(run, run.command.email)),
        end: () => admission.attempt?.end(),
      };
      return admission;
    },
    async admitMatched(run: Run, admission: Admission, { matched, subject }: Matched): Promise<void> {
      if (admission.attempt || !matched || subject === undefined) return;
      const person = await subjects.find(run.realm, subject);
      if (person) requireReadableAddress(person);
      Object.assign(admission, await attemptAt(run, person?.email));
    },
  };
}
