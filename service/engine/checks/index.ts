import type { OrganizationId, SubjectId, VerificationId, World } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { Consent } from '../subjects/index.ts';
import type { CheckResult } from './check.ts';
import type { Profile, ProfileDefinition } from './profile.ts';

export type { CheckName, CheckResult } from './check.ts';
export { checkNames } from './check.ts';
export type { Profile, ProfileDefinition } from './profile.ts';

export interface DeviceInfo {
  userAgent?: string;
  cameraWidth?: number;
  cameraHeight?: number;
  screenWidth?: number;
  screenHeight?: number;
}

export interface Place {
  /** Degrees, WGS 84. */
  latitude: number;
  longitude: number;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  /** IANA. */
  timeZone?: string;
}

export interface VerifyCommand {
  organization: OrganizationId;
  world: World;
  /** JPEG, PNG or WebP bytes. */
  picture: Uint8Array;
  /** Given: 1:1 against that person. Absent: 1:N over the organization's world. */
  email?: string;
  /** Id or slug; `default` when absent. */
  profile?: string;
  device?: DeviceInfo;
  place?: Place;
  /** The caller's address, to find the site. */
  address?: string;
  frames?: Uint8Array[];
  /** Milliseconds, one per frame, rising. */
  frameTimes?: number[];
  actor: Actor;
  request?: string;
}

export type Assurance = 'match-only' | 'passive' | 'active';

/** What 1:N cost: how sure a name from this many people can be. */
export interface Identification {
  /** People searched. */
  gallerySize: number;
  /** False-identification rate the profile asks for. */
  galleryRate: number;
  /** The false-match rate per comparison that needs. */
  matchRate: number;
  threshold: number;
  /** Share of genuine people refused at this threshold, from the calibration. */
  fnmr: number;
  /** The threshold lies beyond what was measured. */
  extrapolated: boolean;
}

export interface Verdict {
  verification: VerificationId;
  verified: boolean;
  /** Only when verified. */
  subject?: { id: SubjectId; email?: string };
  /** Why not, one sentence. */
  reason?: string;
  /** 0..1, 0.5 at the threshold. */
  confidence: number;
  compositeScore: number;
  checkResults: CheckResult[];
  assurance: Assurance;
  identification?: Identification;
  /** The match: which scorer, its score, the threshold and the error rates there. */
  match: { scorer: string; score: number | null; threshold: number; fmr: number; fnmr: number; extrapolated: boolean };
  profile: { id: string; slug: string; version: number; maturity: string };
  /** Model id -> the first 12 digits of its file's SHA-256. */
  models: Record<string, string>;
  /** Milliseconds. */
  timing: Record<string, number>;
}

export interface EnrollCommand {
  organization: OrganizationId;
  world: World;
  picture: Uint8Array;
  email: string;
  name?: string;
  consent?: Consent;
  /** A person at the console may override TEMPLATE_MISMATCH; audited. Never for a key. */
  overrideMismatch?: boolean;
  actor: Actor;
  request?: string;
}

export interface EnrollResult {
  subject: SubjectId;
  created: boolean;
  /** Pictures this person has now. */
  enrollments: number;
  quality: CheckResult;
  /** Under the policy `warn`: the face may belong to another person too. */
  duplicate?: boolean;
}

export interface Checks {
  /**
   * Refuses with FACE_NOT_FOUND, SEVERAL_FACES, FACE_TOO_SMALL, FACE_QUALITY_REFUSED or CHECK_FAILED (422 in most
   * families; `reason` and `checkResults` in extra), PAD_NOT_INSTALLED, PROFILE_NOT_FOUND, and what `analyze` throws.
   * An ordinary mismatch is a verdict, not an error; an unknown e-mail is told exactly like a mismatch.
   */
  verify(command: VerifyCommand): Promise<Verdict>;
  /** Refuses as verify does, and with TEMPLATE_MISMATCH, DUPLICATE_IDENTITY, CONSENT_REQUIRED. */
  enroll(command: EnrollCommand): Promise<EnrollResult>;
  /** Built-in ones and the organization's own. */
  listProfiles(organization: OrganizationId): Promise<Profile[]>;
  getProfile(organization: OrganizationId, idOrSlug: string): Promise<Profile>;
  /** Makes the next version; a built-in slug is copied into the organization's own. */
  setProfile(organization: OrganizationId, slug: string, definition: ProfileDefinition, actor: Actor): Promise<Profile>;
  /** For /health: the largest gallery whose 1:N threshold is still measured, per organization world that exceeds it. */
  safeGallerySize(rate: number): number;
}
