/** A picture: a data URL, or base64 of JPEG, PNG, WebP, HEIC or AVIF. */
export type ProofImage = string;

export interface DeviceInfo {
  userAgent?: string;
  cameraWidth?: number;
  cameraHeight?: number;
  screenWidth?: number;
  screenHeight?: number;
}

interface Pictures {
  image: ProofImage;
  /** More pictures of the same moment, for the checks over several. */
  frames?: ProofImage[];
  /** When each was taken, in milliseconds. */
  frameTimes?: number[];
}

export interface VerifyRequest extends Pictures {
  /** 1:1 against this person; absent: any enrolled person. */
  email?: string;
  /** Id or slug. */
  profile?: string;
  deviceInfo?: DeviceInfo;
  /** Your own data, at most 16 kB of JSON: the answer and the webhook give it back. */
  metadata?: Record<string, unknown>;
}

export interface CheckResult {
  check: string;
  pass: boolean;
  /** 0 to 1. */
  score: number;
  weight: number;
  skipped?: string;
}

/** `verified` says which of the other fields are there. */
export type VerifyResult = { metadata?: Record<string, unknown> } & (
  | {
      verified: true;
      userId: string;
      email?: string;
      confidence: number;
      compositeScore: number;
      checkResults: CheckResult[];
      assurance: string;
      reason?: undefined;
    }
  | {
      verified: false;
      reason: string;
      checkResults?: CheckResult[];
      assurance?: string;
      userId?: undefined;
      email?: undefined;
      confidence?: number;
      compositeScore?: undefined;
    }
);

export interface EnrollRequest extends Pictures {
  email: string;
  name?: string;
  consent?: { textVersion: string; purposes: string[]; method: string; legalBasis: string };
  /** Your own data, at most 16 kB of JSON: the answer and the webhook give it back. */
  metadata?: Record<string, unknown>;
}

export interface EnrollResult {
  enrolled: boolean;
  userId: string;
  [more: string]: unknown;
}

export interface PresenceRequest {
  orgId: string;
  /** What the person confirms by being there, in one line. */
  purpose: string;
  /** Only this person. */
  email?: string;
  /** Your own random text; the token carries it. */
  nonce?: string;
  /** Seconds that the token is valid: 300 when absent, at most 3600. */
  ttlSeconds?: number;
  /** The appliance accepts the token once. */
  singleUse?: boolean;
  /** Your own data, at most 16 kB of JSON: the answers give it back. */
  metadata?: Record<string, unknown>;
}

export interface NewPresenceSession {
  sessionId: string;
  /** For the person; it can be used once. */
  verifyUrl: string;
  expiresAt: string;
  metadata?: Record<string, unknown>;
}

export type PresenceStatus = 'PENDING' | 'VERIFIED' | 'EXPIRED' | 'CANCELLED';

export interface PresenceSession {
  sessionId: string;
  status: PresenceStatus;
  verifiedEmail?: string;
  verifiedAt?: string;
  expiresAt: string;
  /** Why it is `CANCELLED`. */
  reason?: 'caller' | 'declined' | 'not_verified' | 'another_person';
  metadata?: Record<string, unknown>;
}

export interface PresenceToken {
  token: string;
  jti: string;
  verifiedEmail?: string;
  verifiedAt: string;
  expiresAt: string;
}

export interface VerifyPresenceTokenRequest {
  token: string;
  expectedOrgId?: string;
  expectedEmail?: string;
  expectedNonce?: string;
}

/** Look at `valid` first: a token that does not count has a `reason` and nothing else. */
export type PresenceClaims =
  | {
      valid: true;
      /** The e-mail address of the person. */
      sub: string;
      orgId: string;
      userId: string;
      sessionId: string;
      purpose: string;
      nonce?: string;
      checks: { compositeScore?: number; liveness: number };
      assurance: string;
      issuedAt: string;
      expiresAt: string;
      reason?: undefined;
    }
  | ({ [Field in 'sub' | 'orgId' | 'userId' | 'sessionId' | 'purpose' | 'nonce']?: undefined } & {
      valid: false;
      reason: string;
      checks?: undefined;
      assurance?: undefined;
      issuedAt?: undefined;
      expiresAt?: undefined;
    });
