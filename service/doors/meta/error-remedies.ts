import type { ProblemCode } from '../../lib/problem.ts';

/** What to do about each code: for developers and operators. */
export const errorRemedies: Record<ProblemCode, string> = {
  INVALID_REQUEST:
    'Correct the fields that `details` names. The OpenAPI document has every field with its limits.',
  MALFORMED_JSON: 'Send valid JSON in UTF-8, in which an object has each name once.',
  PAYLOAD_TOO_LARGE: 'Send less in one call: smaller pictures, fewer frames.',
  UNSUPPORTED_MEDIA_TYPE:
    'Send the Content-Type that the sentence names, without Content-Encoding: bodies are not read compressed.',
  NOT_FOUND:
    'Check the path, the id and the world of the key: a test key sees nothing of the live world, and the other way round.',
  METHOD_NOT_ALLOWED: 'Use one of the methods in the header `allow`.',
  HOST_NOT_ALLOWED:
    'Call the box by one of its names or addresses, or let its operator add the name to the setting `allowedHosts`.',
  CONFLICT:
    'Read the resource again: the sentence names its state. With `retry-after`, repeat the call after that time.',
  IDEMPOTENCY_KEY_REUSED:
    'Make a new `Idempotency-Key` for each request, and send the same one only with the same body.',
  MISSING_AUTH: 'Send an API key as `x-api-key` or `Authorization: Bearer …`.',
  INVALID_API_KEY_FORMAT: 'Send the whole key, as it was shown: `<prefix>_<live|test>_<secret>`.',
  INVALID_API_KEY: 'Use a key that `gatehouse key list` shows as valid, or make one: `gatehouse key create`.',
  INSUFFICIENT_SCOPE:
    'Use a key with the scope that the sentence names. Scopes are given when a key is made (`gatehouse key create --scopes …`): a key never gets more.',
  ORIGIN_NOT_ALLOWED:
    'Call from an origin and network that the key is bound to, or make a key for this page or network: `gatehouse key create --origin …` or `--cidr …`.',
  TRIAL_EXPIRED: 'Ask the operator of the box to prolong the trial: `gatehouse limits set --trial-until …`.',
  MONTHLY_LIMIT_EXCEEDED:
    'Wait for the next month (UTC), or ask the operator for `gatehouse limits set --monthly …`.',
  BURST_LIMIT_EXCEEDED:
    'Wait for `retry-after`, and watch `ratelimit` to stay below. The operator can raise it: `gatehouse limits set --burst …`.',
  USER_FLOOD_DETECTED:
    'Wait for `retry-after`. Where many people share one id or address, raise `gatehouse limits set --per-user …`.',
  SIGN_IN_REFUSED:
    'Type address, password and code again. An owner resets the sign-in in the console, the operator with `gatehouse admin reset`.',
  SIGN_IN_DELAYED:
    'Wait for `retry-after`. Without that header an owner unlocks the account in the console, or the operator with `gatehouse admin unlock`.',
  SECOND_FACTOR_REQUIRED:
    'Enroll a passkey: in the console, or over the API with the `sessionToken` and a one-time code (`gatehouse admin reset --factors`).',
  FRESH_FACTOR_REQUIRED:
    'Prove the second factor (`/api/auth/2fa/passkey/authenticate-options` and `…/authenticate`), then repeat the call within five minutes.',
  APPROVAL_REQUIRED:
    'Send `approval` to `POST /api/admin/approvals`, let a second administrator confirm it, and repeat the call.',
  LAST_FACTOR: 'Enroll another passkey first, then remove this one.',
  PASSKEY_REFUSED: 'Ask for new options and answer those, in a browser that opened the box by its host name.',
  FACE_REFUSED: 'Sign in with a passkey, or try again with a new picture in good light.',
  CSRF_REFUSED:
    'Send the token of the session as `x-csrf-token`. Programs use an access token, which needs none.',
  PASSWORD_TOO_WEAK: 'Choose a longer password, of several words.',
  SETUP_CLOSED:
    'Sign in at `/console/`. An owner who lost the sign-in asks the operator for `gatehouse admin reset`.',
  SETUP_TOKEN_REFUSED: 'Use the newest setup link: `gatehouse admin setup-token` makes one.',
  IMAGE_UNREADABLE: 'Send the file as the camera wrote it; check that base64 was not cut.',
  IMAGE_TOO_LARGE: 'Scale the picture: at most 10 MB and 50 megapixels, frames at most 1 MB.',
  IMAGE_FORMAT_UNSUPPORTED: 'Send JPEG, PNG, WebP, HEIC, HEIF or AVIF, no animation.',
  FACE_NOT_FOUND:
    'Show `reason` to the person and take a new picture, in good light, with the whole head in it.',
  SEVERAL_FACES: 'Take a new picture with one person in it.',
  FACE_TOO_SMALL: 'Take a new picture from closer.',
  FACE_QUALITY_REFUSED: 'Show `reason` to the person and take a new picture.',
  REPLAYED_PICTURE:
    'Take a new picture with the camera. Tests that verify with the enrolled picture belong in the test world.',
  CHECK_FAILED:
    'Read `checkResults`. For liveness, take a new picture with the camera. Where a place is missing, send `location` or record a site (`gatehouse site add`).',
  SUBJECT_NOT_FOUND: 'Check the id or address and the world of the key, or enroll the person first.',
  TEMPLATE_MISMATCH:
    'Check the address. If it is the same person, an operator enrolls the picture at the box: `gatehouse subject enroll --override-mismatch`.',
  DUPLICATE_IDENTITY:
    'Wait for a reviewer, who compares the two people in the console under Review and enrolls this one or not.',
  CONSENT_REQUIRED:
    'Send `consent` with the enrollment, or record once what the organization relies on: `gatehouse consent attest`.',
  CONSENT_WITHDRAWN:
    'Verify the person in another way, or record a new consent once it is given: `gatehouse consent record`.',
  VERIFICATION_DISABLED:
    'An operator unlocks the address: in the console, or with `gatehouse subject unlock`.',
  LEGAL_HOLD: 'Release the hold first, if it may end: `gatehouse hold release`.',
  CONFIRMATION_REQUIRED: 'Repeat the call with the count or name that the sentence names.',
  SESSION_EXPIRED: 'Create another session.',
  SESSION_KEY_MISMATCH: 'Use the key that created the session, or its successor.',
  ORGANIZATION_MISMATCH: 'Send the organization of the key, or leave the field out where it is optional.',
  EMAIL_MISMATCH: 'Create another session, for the address of the person who is there.',
  KIOSK_REQUIRED: 'Verify at a paired kiosk, or name another profile.',
  MOTION_REQUIRED: 'Let the person move the head, or confirm the person in another way.',
  DESTINATION_NOT_GRANTED:
    'An administrator allows the destination in the console under Destinations, or at the box with the command in the sentence.',
  DESTINATION_FORBIDDEN: 'Use another address: the sentence names the rule that no grant lifts.',
  RECIPIENT_NOT_APPROVED: 'An operator approves the recipient with the command in the sentence.',
  PROFILE_NOT_FOUND: 'Name a profile of `gatehouse profile list`, as it is spelled there.',
  PROFILE_NOT_ALLOWED: 'Name one of the profiles in the sentence, or none.',
  MODEL_NOT_INSTALLED: 'The operator installs or enables the model with the command in the sentence.',
  PAD_NOT_INSTALLED: 'The operator switches the liveness models on with the command in the sentence.',
  LICENCE_NOT_ACCEPTED:
    'The operator reads the doubt with `gatehouse models list` and accepts it with `gatehouse models enable … --accept-licence-doubt`, or the profile uses another model.',
  OVERLOADED:
    'Repeat the call after `retry-after`, with growing pauses. Where it lasts, the operator gives the box more workers (`--workers`).',
  TIMEOUT: 'Repeat the call; where an `Idempotency-Key` was sent, send the same one.',
  SEALED:
    'The operator unseals the box with `gatehouse unseal`, or puts back the copy of the master key and starts the service.',
  WRONG_PASSPHRASE:
    'Type the passphrase again. Without it nothing opens the data or a backup: there is no other way in.',
  BACKUP_UNUSABLE: 'Use another backup, or the keys that belong to it; the sentence says which.',
  STORAGE_FULL:
    'The operator frees space on the disk, or lets the service write there; then repeat the call.',
  STORAGE_UNAVAILABLE:
    'Repeat the call after some seconds. If it lasts, the operator runs `gatehouse doctor` and reads the log of the box.',
  INTERNAL: 'Report it to the operator with `requestId`: the log has the cause under it.',
};
