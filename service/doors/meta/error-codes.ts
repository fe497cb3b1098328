import type { ProblemCode } from '../../lib/problem.ts';

type Example = { error: string } & Record<string, unknown>;

interface ErrorCode {
  means: string;
  /** What comes beside `code` and `requestId`, word for word as it is answered; it may differ with the scope a route asks for. */
  example?: Example | ((scope: string) => Example);
}

/** As a field of the scope's own routes. */
const wrongField = (scope: string): Example => {
  const detail =
    scope === 'identity'
      ? { path: 'image', message: 'It is missing.', rule: 'missing' }
      : { path: 'limit', message: 'It must be at most 200.', rule: 'max', limit: 200 };
  return { error: `The field "${detail.path}" ${detail.message.slice(3)}`, details: [detail] };
};

/** The closed list, in the words of the OpenAPI document. */
export const errorCodes: Record<ProblemCode, ErrorCode> = {
  INVALID_REQUEST: {
    means: 'A field is missing, of the wrong type or out of range; `details` names each.',
    example: wrongField,
  },
  MALFORMED_JSON: { means: 'The body is not JSON.' },
  PAYLOAD_TOO_LARGE: {
    means: 'The body is larger than this call accepts.',
    example: { error: 'The request is larger than this call takes.' },
  },
  UNSUPPORTED_MEDIA_TYPE: {
    means: 'The body is compressed or has a Content-Type that this call does not accept.',
    example: (scope) => ({
      error: scope.startsWith('identity')
        ? 'The Content-Type must be application/json or multipart/form-data.'
        : 'Send application/json, or multipart/form-data where the call takes files.',
    }),
  },
  NOT_FOUND: {
    means:
      'The path does not exist, or the resource does not exist in the organization and world of the key.',
  },
  METHOD_NOT_ALLOWED: {
    means: 'The path does not support this method; the header `allow` lists those it supports.',
  },
  HOST_NOT_ALLOWED: {
    means:
      'The header `host` is not a name or address of this appliance. The operator adds further names with the setting `allowedHosts`.',
    example: {
      error:
        'This appliance does not answer for the host "other.example": use another of its names or addresses, or let its operator add this one to the setting allowedHosts.',
    },
  },
  CONFLICT: { means: 'The resource exists already, or is not in the expected state.' },
  IDEMPOTENCY_KEY_REUSED: {
    means: 'The `Idempotency-Key` was used for another request.',
  },
  MISSING_AUTH: {
    means: 'No API key was sent.',
    example: { error: 'Send an API key as "Authorization: Bearer <key>" or in the header "x-api-key".' },
  },
  INVALID_API_KEY_FORMAT: { means: 'The credential does not have the format of an API key.' },
  INVALID_API_KEY: { means: 'The API key is unknown, revoked or expired.' },
  INSUFFICIENT_SCOPE: {
    means: 'The API key lacks the scope of this call.',
    example: (scope) => ({ error: `The API key lacks the scope "${scope}" that this call needs.` }),
  },
  ORIGIN_NOT_ALLOWED: {
    means: 'The API key may not be used from this origin or network.',
  },
  TRIAL_EXPIRED: {
    means: 'The trial of the organization or the key has ended.',
    example: { error: 'The trial is over: the operator of the box can prolong it.' },
  },
  MONTHLY_LIMIT_EXCEEDED: {
    means:
      'The monthly limit of the organization or the key is used up; `retry-after` says when the next month begins.',
  },
  BURST_LIMIT_EXCEEDED: {
    means:
      'Too many requests of the key, or too many refused keys from this address; `retry-after` says when to continue.',
    example: { error: 'This API key may send 600 requests a minute. Send more slowly.' },
  },
  USER_FLOOD_DETECTED: {
    means:
      'Too many requests about one person, or too soon after failed ones; `retry-after` says when to continue.',
    example: { error: 'At most 10 requests a minute are taken about one person; try again later.' },
  },
  SIGN_IN_REFUSED: {
    means: 'The e-mail address, password, code or ticket is wrong; the reply does not say which.',
    example: { error: 'The e-mail address, the password or the code is wrong.' },
  },
  SIGN_IN_DELAYED: {
    means:
      'Too many sign-ins failed for this account or from this address; `retry-after` says how long to wait. Without this header the account is locked.',
  },
  SECOND_FACTOR_REQUIRED: {
    means: 'The account has to enroll a second factor before anything else.',
    example: { error: '2FA enrollment required' },
  },
  FRESH_FACTOR_REQUIRED: {
    means:
      'The call needs a second factor proven within the last five minutes: prove it, then repeat the call.',
  },
  APPROVAL_REQUIRED: {
    means:
      'The organization asks for two administrators: ask with `POST /api/admin/approvals`, let a second administrator confirm it, then repeat the call.',
  },
  LAST_FACTOR: { means: 'It is the last second factor of the account; one has to remain.' },
  PASSKEY_REFUSED: {
    means: 'The answer of the authenticator is not valid, or does not belong to the challenge.',
  },
  FACE_REFUSED: {
    means:
      'The face is not the one that is enrolled, its pictures were used before, or signing in by face is not possible for the account.',
  },
  CSRF_REFUSED: {
    means: 'The header `x-csrf-token` is not the one of the session, or another page sent the call.',
  },
  PASSWORD_TOO_WEAK: {
    means: 'The new password is too short, too long or too easily guessed; the message says which.',
  },
  SETUP_CLOSED: { means: 'The appliance has an owner already.' },
  SETUP_TOKEN_REFUSED: { means: 'The setup token is wrong, used or expired.' },
  IMAGE_UNREADABLE: { means: 'The picture is damaged or cannot be decoded.' },
  IMAGE_TOO_LARGE: { means: 'The picture has too many bytes or pixels.' },
  IMAGE_FORMAT_UNSUPPORTED: {
    means:
      'The picture is no JPEG, PNG, WebP, HEIC, HEIF or AVIF, or it is an animation; the sentence says what it is.',
  },
  FACE_NOT_FOUND: {
    means: 'No face is in the picture.',
    example: {
      error: 'No face was found in the picture.',
      reason: 'No face was found: face the camera in good light.',
      checkResults: [
        {
          check: 'faceQuality',
          pass: false,
          score: 0,
          weight: 0.5,
          reason: 'No face was found: face the camera in good light.',
        },
      ],
    },
  },
  SEVERAL_FACES: { means: 'A second face of similar size is in the picture.' },
  FACE_TOO_SMALL: { means: 'The face is too small to be judged.' },
  FACE_QUALITY_REFUSED: { means: 'The picture has a fault that the profile refuses; `reason` names it.' },
  REPLAYED_PICTURE: {
    means:
      'The picture is identical to an enrolled one, which the live world refuses; `reason` asks for a new one.',
  },
  CHECK_FAILED: { means: 'A hard-fail check of the profile failed; `checkResults` says which.' },
  SUBJECT_NOT_FOUND: { means: 'No person is enrolled under that id or e-mail.' },
  TEMPLATE_MISMATCH: {
    means:
      'The face is not the one that is enrolled under this e-mail address; only the operator of the box can override that.',
  },
  DUPLICATE_IDENTITY: {
    means: 'The face is like that of another person, and the organization refuses duplicates.',
    example: { error: 'This face already belongs to another e-mail.' },
  },
  CONSENT_REQUIRED: {
    means:
      'The organization requires `consent` with each enrollment, or has not yet recorded the consent on which it enrolls real people; `error` says which and what to do.',
  },
  CONSENT_WITHDRAWN: { means: 'The person did not consent to this use, or has withdrawn it.' },
  VERIFICATION_DISABLED: {
    means: 'Too many failures in a row for this address.',
  },
  LEGAL_HOLD: { means: 'A legal hold forbids erasing the person.' },
  CONFIRMATION_REQUIRED: {
    means:
      'The operation destroys data and was not confirmed; the error names the count or name to confirm with.',
  },
  SESSION_EXPIRED: {
    means: 'The session is over, or the token that it issued has expired.',
  },
  SESSION_KEY_MISMATCH: {
    means:
      'Another API key of the organization created the session; the successor of a rotated key counts as the same key.',
  },
  ORGANIZATION_MISMATCH: { means: 'The request names another organization than that of the API key.' },
  EMAIL_MISMATCH: { means: 'The session is locked to an e-mail address, and another person appeared.' },
  KIOSK_REQUIRED: {
    means: 'The profile accepts pictures of a paired kiosk only (`capture`).',
  },
  MOTION_REQUIRED: {
    means:
      'The check needs movements of the head: the profile says so (`challenge.withoutMotion`), or it is a proof of presence, which no reviewer decides.',
  },
  DESTINATION_NOT_GRANTED: {
    means: 'The destination needs a grant of an administrator; the error has the command.',
    example: {
      error:
        'Nothing may be sent to hooks.example.org, port 443: no grant of the organization covers it. The administrator of the box can allow it with: gatehouse grant add --org org_01m7w2y4m7v3pcd0w8x9q6r5zt hooks.example.org (Rule: not-granted.)',
    },
  },
  DESTINATION_FORBIDDEN: {
    means: 'The destination is forbidden even with a grant; the error names the rule.',
  },
  RECIPIENT_NOT_APPROVED: {
    means: 'Alerts may be mailed to approved recipients only; the error has the command that approves one.',
    example: {
      error:
        'Alerts may not be mailed to ops@example.org: an operator approves each recipient with: gatehouse alert recipient approve --org org_01m7w2y4m7v3pcd0w8x9q6r5zt ops@example.org',
    },
  },
  PROFILE_NOT_FOUND: { means: 'No profile has that id or slug.' },
  PROFILE_NOT_ALLOWED: {
    means: 'The organization or the key may not use that profile; the error lists the allowed ones.',
  },
  MODEL_NOT_INSTALLED: { means: 'The profile needs a model that is not installed or not enabled.' },
  PAD_NOT_INSTALLED: {
    means:
      'Live verification needs presentation attack detection, whose models are off or not installed; the error says how to switch them on. The test world does not need it.',
  },
  LICENCE_NOT_ACCEPTED: {
    means: 'The profile needs a model whose licence is in doubt and has not been accepted.',
  },
  OVERLOADED: {
    means:
      'Too many pictures are waiting, or too many bytes of request bodies, or the service is starting or stopping; `retry-after` says when to try again.',
    example: { error: 'Too many pictures are being analyzed; try again shortly.' },
  },
  TIMEOUT: { means: 'The request exceeded the time limit.' },
  SEALED: { means: 'The box is sealed: it has started without its passphrase or its master key.' },
  WRONG_PASSPHRASE: { means: 'The passphrase does not open the master key.' },
  BACKUP_UNUSABLE: { means: 'The backup is damaged, needs other keys, or comes from a newer Gatehouse.' },
  STORAGE_UNAVAILABLE: { means: 'The database of the box cannot be reached.' },
  STORAGE_FULL: {
    means: 'The disk of the box is full, or cannot be written.',
    example: {
      error:
        'The disk that holds the database is full: nothing was changed. Free some space on it, then try again.',
    },
  },
  INTERNAL: {
    means: 'An internal error; the log has the details under `requestId`.',
    example: {
      error:
        'Something went wrong inside Gatehouse, not with your request. The log has the details under this requestId.',
    },
  },
};
