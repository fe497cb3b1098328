import type { OrganizationId, SubjectId, VerificationId, World } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { Consent } from '../consent/index.ts';
import type { CheckResult } from './check.ts';
import type { DeviceInfo } from './device-consistency.ts';

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
  /** The caller hung up, or the time for the request is over: no further picture is looked at, and nothing is stored. */
  signal?: AbortSignal;
  actor: Actor;
  request?: string;
}

/** `match-only` also where PAD ran in the live world of a match-only organization: nothing rests on it there. */
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

/** Which scorer decided, its score, the threshold and the error rates there. */
export interface Match {
  scorer: string;
  /** Null when nothing was compared, and for every 1:1 mismatch, so that an unknown e-mail looks the same. */
  score: number | null;
  threshold: number;
  fmr: number;
  fnmr: number;
  extrapolated: boolean;
}

export interface Verdict {
  verification: VerificationId;
  verified: boolean;
  /** Only when verified. */
  subject?: { id: SubjectId; email?: string };
  /** Why not, in words for the person; where the composite refuses, its figures follow. */
  reason?: string;
  /** 0..1, 0.5 at the threshold; 0 for every 1:1 mismatch. */
  confidence: number;
  compositeScore: number;
  checkResults: CheckResult[];
  assurance: Assurance;
  identification?: Identification;
  match: Match;
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
  /** As `NewEnrollment.mark`. */
  mark?: string;
  /** An operator on the box may override TEMPLATE_MISMATCH; audited. Never for a key. */
  overrideMismatch?: boolean;
  /** As `VerifyCommand.signal`. */
  signal?: AbortSignal;
  actor: Actor;
  request?: string;
}

export interface EnrollResult {
  subject: SubjectId;
  created: boolean;
  /** Pictures this person has now. */
  enrollments: number;
  quality: CheckResult;
  /** An earlier enrollment has the mark; nothing was added. */
  repeated?: true;
  /** Under the policy `warn`: the face may belong to another person too. Absent where the person's consent forbids to compare. */
  duplicate?: boolean;
}
