import { toDependencyProblem } from '../lib/machine/dependency-problem.ts';
import { Problem } from '../lib/problem.ts';
import { tookTooLong } from './handler-deadline.ts';

type Refusal = () => Problem;

const tooLarge: Refusal = () =>
  new Problem('PAYLOAD_TOO_LARGE', 'The request is larger than this call takes.');
const tooManyParts: Refusal = () =>
  new Problem('PAYLOAD_TOO_LARGE', 'The form has more fields or files than this call takes.');
const badForm: Refusal = () =>
  new Problem('INVALID_REQUEST', 'The multipart form is broken or was cut off; send it again.');
const wrongMediaType: Refusal = () =>
  new Problem(
    'UNSUPPORTED_MEDIA_TYPE',
    'Send application/json, or multipart/form-data where the call takes files.',
  );
const brokenBody: Refusal = () =>
  new Problem('INVALID_REQUEST', 'The body is shorter or longer than its Content-Length says.');
const badUrl: Refusal = () => new Problem('INVALID_REQUEST', 'The path of this request cannot be decoded.');

/** Refusals of Fastify and its multipart plugin, by their codes. */
const refusals: Record<string, Refusal> = {
  FST_ERR_CTP_BODY_TOO_LARGE: tooLarge,
  FST_REQ_FILE_TOO_LARGE: tooLarge,
  FST_PARTS_LIMIT: tooManyParts,
  FST_FILES_LIMIT: tooManyParts,
  FST_FIELDS_LIMIT: tooManyParts,
  FST_PROTO_VIOLATION: () =>
    new Problem('INVALID_REQUEST', 'The form has a field whose name is not allowed.'),
  FST_INVALID_JSON_FIELD_ERROR: () =>
    new Problem('INVALID_REQUEST', 'The form has a field with the type JSON that is not JSON.'),
  FST_MP_PREMATURE_CLOSE: badForm,
  FST_INVALID_MULTIPART_CONTENT_TYPE: wrongMediaType,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: wrongMediaType,
  FST_ERR_CTP_INVALID_TYPE: wrongMediaType,
  FST_ERR_CTP_EMPTY_TYPE: wrongMediaType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: brokenBody,
  FST_ERR_BAD_URL: badUrl,
  FST_ERR_MAX_PARAM_LENGTH: () => new Problem('INVALID_REQUEST', 'A part of the path is longer than any id.'),
  // A path that leads out of the folder of the files.
  FST_STATIC_FORBIDDEN_PATH: () => new Problem('NOT_FOUND', 'There is nothing at this address.'),
  FST_ERR_HANDLER_TIMEOUT: tookTooLong,
};

/** busboy's errors for a broken form have no code; these are its messages. */
const formErrors = [
  /^Multipart: Boundary not found$/,
  /^Unexpected end of (multipart data|form)$/,
  /^Part terminated early due to unexpected end of multipart data$/,
  /^Malformed (part header|content type)/,
  /^Missing Content-Type/,
  /^Unsupported content type/,
];

/**
 * Converts any thrown value to a Problem. Fastify's own refusals (JSON, size, media type, form) keep their meaning; a fault of
 * PostgreSQL, a disk, the network or the machine is named as that; anything
 * unknown is a bug: INTERNAL with the original as `cause`, and a sentence that shows nothing of it.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const refusal = typeof code === 'string' && Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (refusal) return refusal();
  if (typeof message === 'string' && formErrors.some((pattern) => pattern.test(message))) {
    return badForm();
  }
  const ofDependency = toDependencyProblem(error);
  if (ofDependency) return ofDependency;
  return new Problem(
    'INTERNAL',
    'Something went wrong inside Gatehouse, not with your request. The log has the details under this requestId.',
    { cause: error },
  );
}
