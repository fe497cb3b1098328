import type { FaceAnalyzer } from '../../inference/workers/face-analyzer.ts';
import { createCountryOf, type DisputedCountries } from '../../lib/country-of.ts';
import type { OrganizationId } from '../../lib/id.ts';
import type { Locks } from '../../lib/locks.ts';
import type { FaceJudge, Limits, Organizations } from '../accounts/index.ts';
import type { Actor, Foundation } from '../audit/index.ts';
import type { Consents } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import {
  circumstancesIn,
  createAddressAttempts,
  createMatching,
  type GalleryShifts,
  type Profile,
  type Profiles,
  type RatesHold,
  type RefusedPictures,
  ratesHoldFor,
} from '../matching/index.ts';
import type { Models } from '../models/index.ts';
import type { Realm, Subjects } from '../people/index.ts';
import type { DuplicateCandidates } from '../uniqueness/index.ts';
import { createFaceForReview } from './analyze-pictures.ts';
import { createEnroll } from './enrollment/enroll.ts';
import { createRefusedNow, type RefusedNow } from './judge.ts';
import {
  createCheckCatalog,
  createProfileCalibration,
  createSafeGallery,
} from './preview/calibration-of-profile.ts';
import { createPreviewProfile } from './preview/preview-profile.ts';
import type { Observed } from './record-verification.ts';
import { createJudgeAdministratorFace } from './sign-in/judge-administrator-face.ts';
import type { EnrollCommand, EnrollResult, Verdict, VerifyCommand } from './verdict.ts';
import { createVerificationStore, type VerificationStoreDeps } from './verification-store.ts';
import { createVerify } from './verify.ts';
import { createVerifyLive, type VerifyLive } from './verify-live.ts';

export interface Checks {
  /**
   * Refuses with FACE_NOT_FOUND, SEVERAL_FACES, FACE_TOO_SMALL, FACE_QUALITY_REFUSED or CHECK_FAILED (422 in most
   * families; `reason` and `checkResults` in extra), PAD_NOT_INSTALLED, MODEL_NOT_INSTALLED, PROFILE_NOT_FOUND, and what
   * `analyze` throws. An ordinary mismatch is a verdict, not an error; an unknown e-mail is answered exactly like a mismatch.
   * CONSENT_WITHDRAWN where 1:1 names a person whose consent does not cover it, before the picture is looked at.
   */
  verify(command: VerifyCommand): Promise<Verdict>;
  /** The same decision over frames that a live session holds. Refuses as `verify` does where nothing could be judged. */
  verifyLive: VerifyLive;
  /** Asked before a person decides about a session that has waited. */
  refusedNow: RefusedNow;
  /** Forgets the failed verifications of a person, or of an unknown address; returns what there was. Throws SUBJECT_NOT_FOUND. */
  unlock(realm: Realm, person: string, actor: Actor): Promise<{ failures: number; disabled: boolean }>;
  /** Refuses as verify does, and with TEMPLATE_MISMATCH, DUPLICATE_IDENTITY, CONSENT_REQUIRED; CONSENT_WITHDRAWN where no use is left. */
  enroll(command: EnrollCommand): Promise<EnrollResult>;
  /** The face in a picture that a reviewer adds; refuses as enroll does what shows none that compares. Keeps nothing. */
  faceForReview: ReturnType<typeof createFaceForReview>;
  /** The face with which an administrator signs in. Keeps nothing. */
  administratorFaces: FaceJudge;
  pageProfiles: Profiles['page'];
  /** As `Profiles.lenientOrganizations`. */
  lenientOrganizations(): Promise<Set<OrganizationId>>;
  getProfile(organization: OrganizationId, idOrSlug: string): Promise<Profile>;
  /** Makes the next version; a built-in slug is copied into the organization's own. Throws INVALID_REQUEST and CONFLICT. */
  setProfile: Profiles['set'];
  /** Puts the organization's own versions away; gives the built-in profile that holds again, if there is one. Throws PROFILE_NOT_FOUND. */
  resetProfile(organization: OrganizationId, slug: string, actor: Actor): Promise<Profile | undefined>;
  /** Every stored change of the organization's own profiles, and the way back to one. */
  pageProfileVersions: Profiles['pageVersions'];
  getProfileVersion: Profiles['getVersion'];
  restoreProfile: Profiles['restore'];
  /** What other settings would have made of the last verifications of a profile. Throws INVALID_REQUEST. */
  previewProfile: ReturnType<typeof createPreviewProfile>;
  /** Calibration of a profile. Throws PROFILE_NOT_FOUND, MODEL_NOT_INSTALLED. */
  calibrationOf: ReturnType<typeof createProfileCalibration>;
  /** Every check that a profile can ask for, with how far it is proven. */
  catalog: ReturnType<typeof createCheckCatalog>;
  /** Groups for which the error rates of a profile hold, with the models in use and over the people of both worlds. */
  ratesHoldFor(organization: OrganizationId, profile: Profile): RatesHold;
  /** The largest gallery whose 1:N threshold by a profile is still measured. */
  safeGallery: ReturnType<typeof createSafeGallery>;
}

export interface ChecksDeps
  extends VerificationStoreDeps,
    Pick<Foundation, 'inTransaction' | 'audit' | 'ids' | 'clock' | 'log'> {
  analyzer: FaceAnalyzer;
  subjects: Subjects;
  organizations: Organizations;
  consents: Pick<Consents, 'withTerm' | 'withholds' | 'withheldAfter' | 'takesAway'>;
  models: Models;
  profiles: Profiles;
  refusedPictures: RefusedPictures;
  events: Events;
  limits: Pick<Limits, 'admitPerson'>;
  locks: Locks;
  /** Faces that a person has to compare. */
  candidates: DuplicateCandidates;
  /** Called after each stored verification. */
  observed?: (verification: Observed) => void;
  /** Countries of disputed areas; none unless given. */
  disputedAreas?: DisputedCountries;
  /** Gallery shifts of the organizations; none unless given. */
  shifts?: GalleryShifts;
  /** Throws SECOND_FACTOR_REQUIRED where the owner owes one before the first person; nothing is owed unless given. */
  requireOwnersFactor?: () => Promise<void>;
  /** Milliseconds that one picture may take, waiting for a worker included; 10,000 unless given. */
  deadline?: number;
}

export function createChecks({
  deadline = 10_000,
  shifts = unshifted,
  disputedAreas,
  ...given
}: ChecksDeps): Checks {
  const { models, subjects, profiles } = given;
  const addressAttempts = createAddressAttempts(given);
  const deps = {
    ...given,
    deadline,
    shifts,
    addressAttempts,
    matching: createMatching({ subjects, shifts }),
    countryOf: createCountryOf(disputedAreas),
  };
  const verifying = { ...deps, verifications: createVerificationStore(given) };
  return {
    verify: createVerify(verifying),
    verifyLive: createVerifyLive(verifying),
    refusedNow: createRefusedNow(deps),
    unlock: (realm, person, actor) => addressAttempts.unlock(realm, person, actor),
    enroll: createEnroll(deps),
    faceForReview: createFaceForReview(deps),
    administratorFaces: createJudgeAdministratorFace(deps),
    pageProfiles: (organization, page) => profiles.page(organization, page),
    lenientOrganizations: () => profiles.lenientOrganizations(),
    getProfile: (organization, idOrSlug) => profiles.get(organization, idOrSlug),
    resetProfile: (organization, slug, actor) => profiles.reset(organization, slug, actor),
    setProfile: profiles.set,
    pageProfileVersions: profiles.pageVersions,
    getProfileVersion: profiles.getVersion,
    restoreProfile: profiles.restore,
    previewProfile: createPreviewProfile(given),
    calibrationOf: createProfileCalibration({ profiles, models, subjects, shifts }),
    catalog: createCheckCatalog({ models }),
    ratesHoldFor: (organization, profile) =>
      ratesHoldFor(
        profile,
        circumstancesIn(given, { organization, world: 'live' }, { organization, world: 'test' }),
      ),
    safeGallery: createSafeGallery(given),
  };
}

const unshifted: GalleryShifts = { of: () => () => 0, calibrationStateOf: () => () => 'not-measured' };
