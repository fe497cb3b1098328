import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Access, KeyCaller, Limits } from '../../engine/accounts/index.ts';
import type { Redemption, Verdicts } from '../../engine/behavior/index.ts';
import { readBody } from '../../http/bodies/read-json-bodies.ts';
import { defaultErrors, type WireErrors } from '../../http/default-errors.ts';
import { invalidField } from '../../http/validation.ts';
import { defined } from '../../lib/defined.ts';
import { Problem, type ProblemCode, problemCodes } from '../../lib/problem.ts';
import { time } from '../../lib/time.ts';
import { Answer, type ErrorCode, Question } from './wire.ts';

export interface SiteverifyDeps {
  access: Pick<Access, 'authenticate'>;
  limits: Pick<Limits, 'admit'>;
  verdicts: Pick<Verdicts, 'redeem'>;
}

/** Bytes; a key and a token have two hundred. */
const BODY_LIMIT = 16_384;
/** Milliseconds for which a token counts here. */
const LIFE = 300_000;

interface Service {
  path: string;
  of: string;
  score?: true;
  /** A token that counts succeeds whatever its verdict: for callers who look at the score. */
  lowPasses?: true;
}

/** Many callers of reCAPTCHA look at `success` alone, so the path that they have in common takes no low score for one. */
const services: readonly Service[] = [
  { path: '/siteverify', of: 'hCaptcha' },
  { path: '/turnstile/v0/siteverify', of: 'Turnstile' },
  { path: '/recaptcha/api/siteverify', of: 'reCAPTCHA', score: true },
  { path: '/recaptcha/v3/api/siteverify', of: 'reCAPTCHA v3', score: true, lowPasses: true },
];

const refusals: Partial<Record<ProblemCode, ErrorCode>> = {
  INVALID_REQUEST: 'bad-request',
  MALFORMED_JSON: 'bad-request',
  PAYLOAD_TOO_LARGE: 'bad-request',
  UNSUPPORTED_MEDIA_TYPE: 'bad-request',
  INVALID_API_KEY_FORMAT: 'invalid-input-secret',
  INVALID_API_KEY: 'invalid-input-secret',
  INSUFFICIENT_SCOPE: 'invalid-input-secret',
  ORIGIN_NOT_ALLOWED: 'invalid-input-secret',
};

/** A wrong key or body is an ordinary 200. Every other refusal says too that the form may not pass, for callers who look at no status. */
const wireErrors: WireErrors = Object.fromEntries(
  problemCodes.map((code) => {
    const { status } = defaultErrors[code];
    const said = refusals[code];
    const codes = said ? [said] : status >= 500 ? ['internal-error'] : [];
    return [code, { status: said ? 200 : status, extra: () => ({ success: false, 'error-codes': codes }) }];
  }),
);

/** `siteverify` of reCAPTCHA, Turnstile and hCaptcha, for tokens of behavior (docs/SITEVERIFY.md). */
export const createSiteverifyDoor =
  (deps: SiteverifyDeps): FastifyPluginAsync =>
  async (app) => {
    app.decorate('wireErrors', wireErrors);
    readForms(app);
    for (const service of services)
      app.post<{ Body: Question }>(
        service.path,
        {
          bodyLimit: BODY_LIMIT,
          config: {
            access: 'public',
            refuses: ['BURST_LIMIT_EXCEEDED', 'TRIAL_EXPIRED', 'STORAGE_FULL'],
          },
          schema: {
            operationId: operationOf(service),
            summary: `Verify the token of a form as ${service.of} does`,
            description: `For software whose address of ${service.of} can be set. The key is in the body. A token counts once, for five minutes; always 200, but for limits and faults. ${service.lowPasses ? '`success` says that the token counts, `score` how human the visitor seems: for callers who look at both.' : '`success` says that the token counts and the verdict is human.'}`,
            tags: ['siteverify'],
            body: {
              content: {
                [URLENCODED]: { schema: Question },
                'application/json': { schema: Question },
                [MULTIPART]: { schema: Question },
              },
            },
            response: { 200: Answer },
          },
        },
        async (request) => answerTo(deps, request, service),
      );
  };

/** `/turnstile/v0/siteverify` -> `siteverifyTurnstile` */
const operationOf = ({ of }: Service) => `siteverify${of.replace(/\W/g, '')}`;

async function answerTo(
  deps: SiteverifyDeps,
  request: FastifyRequest<{ Body: Question }>,
  service: Service,
): Promise<Answer> {
  const { secret, response } = request.body;
  if (!secret || !response)
    return refused(
      ...(secret ? [] : (['missing-input-secret'] as const)),
      ...(response ? [] : (['missing-input-response'] as const)),
    );
  const caller = await admit(deps, request, secret);
  return answerOf(await deps.verdicts.redeem(caller, response, LIFE), service);
}

/** As every route does with a key in the head. */
async function admit(
  { access, limits }: SiteverifyDeps,
  request: FastifyRequest,
  credential: string,
): Promise<KeyCaller> {
  const { origin } = request.headers;
  const caller = await access.authenticate({ credential, scope: 'behavior', origin, address: request.ip });
  if (caller.browser)
    throw new Problem('INSUFFICIENT_SCOPE', 'A browser key is no secret: use a key of your server.');
  request.caller = caller;
  request.admitted = await limits.admit(caller, { metered: false });
  return caller;
}

function answerOf(found: Redemption, { of, score, lowPasses }: Service): Answer {
  if (!found.valid)
    return refused(found.reason === 'over' ? 'timeout-or-duplicate' : 'invalid-input-response');
  const { human, confidence, issuedAt, asked } = found.record;
  if (!human && !lowPasses) return refused('invalid-input-response');
  return {
    success: true,
    challenge_ts: time(issuedAt),
    ...defined({ hostname: asked?.hostname, action: asked?.action, score: score && confidence }),
    ...(of === 'Turnstile' && { 'error-codes': [] }),
  };
}

const refused = (...codes: ErrorCode[]): Answer => ({ success: false, 'error-codes': codes });

const URLENCODED = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data';

/** Small forms, as servers post them: a field twice, or a file, is refused. */
function readForms(app: FastifyInstance): void {
  for (const type of [URLENCODED, MULTIPART])
    app.addContentTypeParser(type, async (request: FastifyRequest, payload: IncomingMessage) => {
      const { headers, routeOptions } = request;
      const bytes = await readBody(payload, routeOptions.bodyLimit, headers['content-length']);
      return toFields(await entriesOf(bytes, headers['content-type']!, type));
    });
}

async function entriesOf(bytes: Buffer, contentType: string, type: string) {
  if (type === URLENCODED) return new URLSearchParams(bytes.toString());
  try {
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch (cause) {
    throw new Problem('INVALID_REQUEST', 'The multipart form is broken or was cut off.', { cause });
  }
}

function toFields(entries: Iterable<[string, unknown]>): Record<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw invalidField(name, 'It must be a text field, not a file.');
    if (fields.has(name)) throw invalidField(name, 'It is there more than once.');
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}
