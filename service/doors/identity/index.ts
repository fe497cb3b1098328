import multipart from '@fastify/multipart';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import type { Checks } from '../../engine/verification/index.ts';
import { type Form, type FormLimits, parseJsonField, readForm } from '../../http/bodies/form-body.ts';
import { untilClosed } from '../../http/listening/listen-on-host.ts';
import { ordering, relyingParty, WorldQuery } from '../../http/sign-in/relying-party.ts';
import { invalidField } from '../../http/validation.ts';
import { defined } from '../../lib/defined.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { wireErrors } from './errors.ts';
import {
  type Circumstances,
  fromEnrollResult,
  fromVerdict,
  toEnrollCommand,
  toVerifyCommand,
} from './translate.ts';
import { EnrollForm, EnrollRequest, pictureLimits, VerifyForm, VerifyRequest } from './wire.ts';
import { EnrollReply, VerifyReply } from './wire-replies.ts';

export { identityWebhooks } from './webhook-payloads.ts';
export { CheckResultReply } from './wire-replies.ts';

const formLimits: FormLimits = {
  total: pictureLimits.body,
  file: pictureLimits.image,
  files: 1 + pictureLimits.frames,
  // A picture may come as base64 text too.
  text: pictureLimits.image * 1.4,
  texts: 16 + 2 * pictureLimits.frames,
};

/** 2,000 beside the pictures; of those their two names, an image, and a list of frames with its commas. */
const jsonTokens = 2_000 + 6 + 2 * pictureLimits.frames;

const pictureRefusals: ProblemCode[] = [
  'IMAGE_UNREADABLE',
  'IMAGE_TOO_LARGE',
  'IMAGE_FORMAT_UNSUPPORTED',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_QUALITY_REFUSED',
  'MODEL_NOT_INSTALLED',
  'OVERLOADED',
  'TIMEOUT',
];

const takesPictures = { metered: true, longTexts: true, jsonTokens } as const;

const verifyRoute = {
  bodyLimit: pictureLimits.body,
  config: {
    ...takesPictures,
    access: ordering('identity:verify'),
    refuses: [
      ...pictureRefusals,
      'REPLAYED_PICTURE',
      'CHECK_FAILED',
      'PROFILE_NOT_FOUND',
      'PROFILE_NOT_ALLOWED',
      'KIOSK_REQUIRED',
      'PAD_NOT_INSTALLED',
      'MONTHLY_LIMIT_EXCEEDED',
      'USER_FLOOD_DETECTED',
      'VERIFICATION_DISABLED',
      'CONSENT_WITHDRAWN',
    ],
  },
  schema: {
    operationId: 'verifyIdentity',
    summary: 'Verify a picture',
    description:
      'Is this the person (`email` given), or which enrolled person is this? Matches the picture and runs the checks of a profile. A mismatch is an ordinary 200 with `verified: false`; a picture that cannot be judged is a 422 with `reason`, a sentence for the person, and `checkResults`. A key of the live world needs a presentation attack detection model on the box (`gatehouse models import`); a test key works without, unless the profile requires one.\n\nWith a file:\n\n```sh\ncurl -sS http://127.0.0.1:7300/api/verify \\\n  -H "x-api-key: $KEY" -F image=@alice.jpg\n```',
    tags: ['identity'],
    querystring: WorldQuery,
    body: {
      content: {
        'application/json': { schema: VerifyRequest },
        'multipart/form-data': { schema: VerifyForm },
      },
    },
    response: { 200: VerifyReply },
  },
} satisfies RouteShorthandOptions;

const enrollRoute = {
  bodyLimit: pictureLimits.body,
  config: {
    ...takesPictures,
    access: { ...ordering('identity:enroll'), fresh: true },
    idempotent: true,
    refuses: [
      ...pictureRefusals,
      'KIOSK_REQUIRED',
      'TEMPLATE_MISMATCH',
      'DUPLICATE_IDENTITY',
      'CONSENT_REQUIRED',
      'CONSENT_WITHDRAWN',
      'MONTHLY_LIMIT_EXCEEDED',
      'USER_FLOOD_DETECTED',
      'VERIFICATION_DISABLED',
      'STORAGE_FULL',
    ],
  },
  schema: {
    operationId: 'enrollIdentity',
    summary: 'Enroll a picture',
    description:
      'Keeps a face under an e-mail and makes the person known to every later verification.\n\nWith a file:\n\n```sh\ncurl -sS http://127.0.0.1:7300/api/enroll \\\n  -H "x-api-key: $KEY" -F email=alice@example.com -F image=@alice.jpg\n```',
    tags: ['identity'],
    querystring: WorldQuery,
    body: {
      content: {
        'application/json': { schema: EnrollRequest },
        'multipart/form-data': { schema: EnrollForm },
      },
    },
    response: { 200: EnrollReply },
  },
} satisfies RouteShorthandOptions;

/** `/api/verify` and `/api/enroll` (contracts/identity.txt), as JSON and as multipart forms. */
export function createIdentityDoor({
  checks,
}: {
  checks: Pick<Checks, 'verify' | 'enroll'>;
}): FastifyPluginAsync {
  return async (app) => {
    app.decorate('wireErrors', wireErrors);
    await app.register(multipart, { throwFileSizeLimit: false });
    app.addHook('preValidation', async (request) => {
      if (request.isMultipart()) request.body = fromForm(await readForm(request, formLimits));
    });
    app.post<{ Body: VerifyRequest }>('/api/verify', verifyRoute, async (request, reply) =>
      fromVerdict(
        await checks
          .verify(await toVerifyCommand(request.body, circumstances(request, reply)))
          .catch(giveBack(request.body)),
        request.body,
      ),
    );
    app.post<{ Body: EnrollRequest }>('/api/enroll', enrollRoute, async (request, reply) =>
      fromEnrollResult(
        await checks
          .enroll(await toEnrollCommand(request.body, circumstances(request, reply)))
          .catch(giveBack(request.body)),
        request.body,
      ),
    );
  };
}

/** A refusal of the picture has the caller's own data too. */
const giveBack =
  ({ metadata }: Pick<VerifyRequest, 'metadata'>) =>
  (error: unknown): never => {
    if (error instanceof Problem) Object.assign(error.extra, defined({ metadata }));
    throw error;
  };

const circumstances = (request: FastifyRequest, reply: FastifyReply): Circumstances => ({
  caller: relyingParty(request),
  requestId: request.id,
  address: request.ip,
  signal: untilClosed(reply),
});

const files = new Set(['image', 'frames']);
const texts = new Set([
  'email',
  'name',
  'profile',
  'deviceInfo',
  'location',
  'frameTimes',
  'consent',
  'metadata',
]);
const lists = new Set(['frames', 'frameTimes']);
const json = new Set(['deviceInfo', 'location', 'consent', 'metadata']);

/**
 * The body a JSON caller would have sent: objects are JSON texts, a list is one JSON text or the field repeated. Unknown
 * fields are left out. Throws INVALID_REQUEST for an unknown file (likely the picture under another name), a field given
 * twice, a file where a text belongs, and broken JSON.
 */
function fromForm(form: Form): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [field, values] of form) {
    if (values.length === 0) continue;
    if (!files.has(field) && values.some((value) => typeof value !== 'string')) {
      throw texts.has(field)
        ? invalidField(field, 'It must be a text field, not a file.')
        : unknownFile(field);
    }
    if (lists.has(field)) body[field] = field === 'frames' ? values : toNumbers(field, values as string[]);
    else if (values.length > 1) throw invalidField(field, 'It is there more than once.');
    else body[field] = json.has(field) ? parseJsonField(field, values[0] as string) : values[0];
  }
  return body;
}

const unknownFile = (field: string) =>
  new Problem('INVALID_REQUEST', `Unknown file field "${field}": the picture goes in "image".`, {
    details: [{ path: field, message: 'Unknown file field: the picture goes in "image".' }],
  });

function toNumbers(field: string, texts: string[]): unknown {
  const [first = ''] = texts;
  if (texts.length === 1 && first.trimStart().startsWith('[')) return parseJsonField(field, first);
  return texts.map((text) => (text.trim() === '' ? text : Number(text)));
}
