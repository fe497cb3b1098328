import type { Problem, ProblemCode, ProblemDetail, RateLimit } from '../lib/problem.ts';

/** How a family answers one problem code. The body's shape is one for all families (contracts/README.md, Errors). */
interface WireError {
  status: number;
  /** Fields this family adds beside `error`, `code`, `requestId` and `details`. */
  extra?: (problem: Problem) => Record<string, unknown>;
}

/** What differs in one family from the table below. */
export type WireErrors = Readonly<Partial<Record<ProblemCode, WireError>>>;

/** The details of a refusal, with the fields as the family spells them. */
export const respelled =
  (spelled: Readonly<Record<string, string>>) =>
  ({ extra: { details = [] } }: Problem): Record<string, unknown> =>
    details.length === 0
      ? {}
      : { details: details.map((detail) => ({ ...detail, path: spelled[detail.path] ?? detail.path })) };

/** One answer for each code; a code without one is a type error. */
export const defaultErrors = {
  INVALID_REQUEST: { status: 400 },
  MALFORMED_JSON: { status: 400 },
  PAYLOAD_TOO_LARGE: { status: 413 },
  UNSUPPORTED_MEDIA_TYPE: { status: 415 },
  NOT_FOUND: { status: 404 },
  METHOD_NOT_ALLOWED: { status: 405 },
  HOST_NOT_ALLOWED: { status: 421 },
  CONFLICT: { status: 409 },
  IDEMPOTENCY_KEY_REUSED: { status: 422 },
  MISSING_AUTH: { status: 401 },
  INVALID_API_KEY_FORMAT: { status: 401 },
  INVALID_API_KEY: { status: 401 },
  INSUFFICIENT_SCOPE: { status: 403 },
  ORIGIN_NOT_ALLOWED: { status: 403 },
  TRIAL_EXPIRED: { status: 402 },
  MONTHLY_LIMIT_EXCEEDED: { status: 429 },
  BURST_LIMIT_EXCEEDED: { status: 429 },
  USER_FLOOD_DETECTED: { status: 429 },
  SIGN_IN_REFUSED: { status: 401 },
  SIGN_IN_DELAYED: { status: 429 },
  SECOND_FACTOR_REQUIRED: { status: 403 },
  FRESH_FACTOR_REQUIRED: { status: 403 },
  APPROVAL_REQUIRED: { status: 403 },
  LAST_FACTOR: { status: 409 },
  PASSKEY_REFUSED: { status: 400 },
  FACE_REFUSED: { status: 401 },
  CSRF_REFUSED: { status: 403 },
  PASSWORD_TOO_WEAK: { status: 422 },
  SETUP_CLOSED: { status: 409 },
  SETUP_TOKEN_REFUSED: { status: 401 },
  IMAGE_UNREADABLE: { status: 400 },
  IMAGE_TOO_LARGE: { status: 413 },
  IMAGE_FORMAT_UNSUPPORTED: { status: 400 },
  FACE_NOT_FOUND: { status: 422 },
  SEVERAL_FACES: { status: 422 },
  FACE_TOO_SMALL: { status: 422 },
  FACE_QUALITY_REFUSED: { status: 422 },
  REPLAYED_PICTURE: { status: 422 },
  CHECK_FAILED: { status: 422 },
  SUBJECT_NOT_FOUND: { status: 404 },
  TEMPLATE_MISMATCH: { status: 409 },
  DUPLICATE_IDENTITY: { status: 409 },
  CONSENT_REQUIRED: { status: 422 },
  CONSENT_WITHDRAWN: { status: 403 },
  VERIFICATION_DISABLED: { status: 403 },
  LEGAL_HOLD: { status: 409 },
  SESSION_EXPIRED: { status: 410 },
  CONFIRMATION_REQUIRED: { status: 400 },
  SESSION_KEY_MISMATCH: { status: 403 },
  ORGANIZATION_MISMATCH: { status: 403 },
  EMAIL_MISMATCH: { status: 403 },
  KIOSK_REQUIRED: { status: 403 },
  MOTION_REQUIRED: { status: 422 },
  DESTINATION_NOT_GRANTED: { status: 403 },
  DESTINATION_FORBIDDEN: { status: 403 },
  RECIPIENT_NOT_APPROVED: { status: 403 },
  // A field of the body names it.
  PROFILE_NOT_FOUND: { status: 400 },
  PROFILE_NOT_ALLOWED: { status: 403 },
  MODEL_NOT_INSTALLED: { status: 503 },
  PAD_NOT_INSTALLED: { status: 503 },
  LICENCE_NOT_ACCEPTED: { status: 409 },
  OVERLOADED: { status: 503 },
  TIMEOUT: { status: 503 },
  SEALED: { status: 503 },
  WRONG_PASSPHRASE: { status: 403 },
  BACKUP_UNUSABLE: { status: 409 },
  STORAGE_FULL: { status: 507 },
  STORAGE_UNAVAILABLE: { status: 503 },
  INTERNAL: { status: 500 },
} as const satisfies Record<ProblemCode, WireError>;

export const wireErrorOf = (code: ProblemCode, family: WireErrors): WireError =>
  family[code] ?? defaultErrors[code];

interface ErrorBody {
  error: string;
  code: ProblemCode;
  requestId: string;
  doc_url?: string;
  details?: ProblemDetail[];
  [extra: string]: unknown;
}

interface RenderedError {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody;
}

/** Retry-After in seconds of a busy appliance when the problem gives none. */
const RETRY_AFTER_DEFAULT = 1;

/** Renders a problem as the answer. */
export function renderProblem(
  problem: Problem,
  requestId: string,
  family: WireErrors,
  /** Of the pages of codes; absent where none are served. */
  pages?: string,
): RenderedError {
  const { status, extra } = wireErrorOf(problem.code, family);
  const headers: Record<string, string> = {};
  const retryAfter =
    problem.extra.retryAfterSeconds ?? (problem.code === 'OVERLOADED' ? RETRY_AFTER_DEFAULT : undefined);
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
  Object.assign(headers, rateLimitHeaders(problem.extra.rateLimits ?? []));
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="gatehouse"';
  const details = problem.extra.details;
  return {
    status,
    headers,
    body: {
      error: problem.message,
      code: problem.code,
      requestId,
      ...(pages !== undefined && { doc_url: `${pages}${problem.code}` }),
      ...(details && details.length > 0 ? { details } : {}),
      ...extra?.(problem),
    },
  };
}

/** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), in seconds; none where no limit applies. */
export function rateLimitHeaders(limits: readonly RateLimit[]): Record<string, string> {
  if (limits.length === 0) return {};
  const seconds = (value: number) => Math.max(0, Math.ceil(value));
  return {
    'ratelimit-policy': limits
      .map(({ name, quota, windowSeconds }) => `"${name}";q=${quota};w=${seconds(windowSeconds)}`)
      .join(', '),
    ratelimit: limits
      .map(({ name, left, resetSeconds }) => `"${name}";r=${Math.max(0, left)};t=${seconds(resetSeconds)}`)
      .join(', '),
  };
}
