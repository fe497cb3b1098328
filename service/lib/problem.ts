import type { TestOutcome } from './test-outcome.ts';

/**
 * Every refusal Gatehouse can answer, in one closed list. Each door maps the whole list to its wire
 * (`doors/<family>/errors.ts`), so a new code stops the build until every door has answered it.
 */
export const problemCodes = [
  // the request
  'INVALID_REQUEST', // a field is missing, of the wrong type or out of range; `details` says which
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'NOT_FOUND', // no such route or thing in the caller's own organization and world
  'METHOD_NOT_ALLOWED', // the path is there and takes other methods; the header Allow names them
  'HOST_NOT_ALLOWED', // the header Host names another machine
  'CONFLICT', // the thing exists already or is not in the expected state
  'IDEMPOTENCY_KEY_REUSED', // the same Idempotency-Key came with another request
  // who asks (names from contracts/behavior.txt hold for all families)
  'MISSING_AUTH',
  'INVALID_API_KEY_FORMAT',
  'INVALID_API_KEY',
  'INSUFFICIENT_SCOPE',
  'ORIGIN_NOT_ALLOWED',
  'TRIAL_EXPIRED',
  'MONTHLY_LIMIT_EXCEEDED',
  'BURST_LIMIT_EXCEEDED',
  'USER_FLOOD_DETECTED',
  // an administrator who signs in
  'SIGN_IN_REFUSED', // e-mail, password or code; which one is not said
  'SIGN_IN_DELAYED', // too many failures; the message or `retryAfterSeconds` says what to wait for
  'SECOND_FACTOR_REQUIRED', // past the deadline without one, or the session may do nothing but enroll one
  'FRESH_FACTOR_REQUIRED', // prove the second factor again, then repeat the request
  'APPROVAL_REQUIRED', // a second administrator has to confirm it first
  'LAST_FACTOR', // one second factor has to remain
  'PASSKEY_REFUSED',
  'FACE_REFUSED',
  'CSRF_REFUSED',
  'PASSWORD_TOO_WEAK',
  'SETUP_CLOSED', // the appliance has an owner already
  'SETUP_TOKEN_REFUSED',
  // the picture
  'IMAGE_UNREADABLE',
  'IMAGE_TOO_LARGE',
  'IMAGE_FORMAT_UNSUPPORTED',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_QUALITY_REFUSED',
  'REPLAYED_PICTURE', // identical to an enrolled picture; a new one is needed
  'CHECK_FAILED', // a hard-fail check of the profile failed; `checkResults` says which
  // the person
  'SUBJECT_NOT_FOUND',
  'TEMPLATE_MISMATCH',
  'DUPLICATE_IDENTITY',
  'CONSENT_REQUIRED',
  'CONSENT_WITHDRAWN', // this use of the person was withdrawn or never consented to
  'VERIFICATION_DISABLED', // too many failures in a row for the claimed address; a person has to enable it again
  'LEGAL_HOLD', // a hold forbids erasing the person
  'CONFIRMATION_REQUIRED', // what destroys much asks for the count or name to confirm
  // a session
  'SESSION_EXPIRED', // it is over, or its token is
  'SESSION_KEY_MISMATCH', // another key of the organization created it
  'ORGANIZATION_MISMATCH', // the request names another organization than that of the key
  'EMAIL_MISMATCH', // another person appeared than the one it is locked to
  'KIOSK_REQUIRED', // the profile takes pictures of a paired kiosk only
  'MOTION_REQUIRED', // the check is not done without movements of the head
  // where may be sent to
  'DESTINATION_NOT_GRANTED', // no administrator granted it; the message says who can
  'DESTINATION_FORBIDDEN', // never, granted or not; the message says which rule
  'RECIPIENT_NOT_APPROVED', // no operator approved mailing alerts to this address
  // the profile, the models, the box
  'PROFILE_NOT_FOUND',
  'PROFILE_NOT_ALLOWED', // the profile is there, and the organization or the key may not name it
  'MODEL_NOT_INSTALLED',
  'PAD_NOT_INSTALLED',
  'LICENCE_NOT_ACCEPTED',
  'OVERLOADED',
  'TIMEOUT',
  'SEALED',
  'WRONG_PASSPHRASE',
  'BACKUP_UNUSABLE', // damaged, of another key, or of a newer schema; the message says which
  'STORAGE_FULL',
  'STORAGE_UNAVAILABLE',
  'INTERNAL',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** The rules of fields that have no sentence of their own. */
export const fieldRules = [
  'missing',
  'empty',
  'unknown',
  'email',
  'type', // `values` says of which type it must be
  'one-of', // of `values`
  'max-characters', // `limit` is the number of each of these
  'min-characters',
  'max-items',
  'min-items',
  'max',
  'min',
  'above',
] as const;
export type FieldRule = (typeof fieldRules)[number];

/** What was wrong with one field. `path` is dotted, as the caller spelled it: `deviceInfo.cameraWidth`. */
export interface ProblemDetail {
  path: string;
  message: string;
  /** The rule that it breaks, for programs that say it in other words; absent where only the message says it. */
  rule?: FieldRule;
  limit?: number;
  values?: string[];
}

/** A limit as a caller meets it, and what is left of it. */
export interface RateLimit {
  name: 'burst' | 'address' | 'person' | 'month';
  quota: number;
  /** Of the quota. */
  windowSeconds: number;
  left: number;
  /** Until some of what was used is given back. */
  resetSeconds: number;
}

export interface ProblemExtra {
  details?: ProblemDetail[];
  /** A sentence for the person in front of the camera ("Move closer."). */
  reason?: string;
  /** Id of the verification that was stored of the refused picture. */
  verification?: string;
  /** The check results there were, in the engine's shape. */
  checkResults?: readonly unknown[];
  retryAfterSeconds?: number;
  /** The limits that it met. */
  rateLimits?: readonly RateLimit[];
  /** At a kiosk: nothing but liveness is against it, which is not sure; its operator may vouch for the person. */
  undecided?: boolean;
  /** Where a person decides on it: the id of a review. */
  review?: string;
  /** The request to a second administrator that is needed: `POST /api/admin/approvals` takes it. */
  approval?: { action: string; env?: string; person?: string };
  /** What the picture of a test person stands for; in the test world alone. */
  testOutcome?: TestOutcome;
  /** The caller's own data, which the answer gives back. */
  metadata?: Record<string, unknown>;
  /** Token of a sign-in that a one-time code can continue. */
  sessionToken?: string;
  cause?: unknown;
}

/** A refusal. The message is one sentence that says what was wrong and how to put it right; it reaches the caller. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly extra: ProblemExtra;
  constructor(code: ProblemCode, message: string, extra: ProblemExtra = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'Problem';
    this.code = code;
    this.extra = extra;
  }
}
