import { HumaError, type Outage } from './huma-error.ts';
import { type JudgeOptions, refusal, verifyWithSignals } from './judge.ts';
import type { Refusal, VerifyResult } from './messages.ts';
import { copyOfBody, LARGEST_BODY } from './request-copy.ts';

export { HumaError } from './huma-error.ts';
export type { VerifyResult } from './messages.ts';

export interface FormCheckOptions extends Omit<JudgeOptions, 'userId'> {
  /** Your identifier of the user. Absent, as in a sign-up: each page view is a user of its own. Never take it from the form alone. */
  userId?: string | undefined;
  /** In place of a warning in the log. */
  onOutage?: ((outage: Outage, check: FormCheck) => void) | undefined;
}

export type FormCheck = VerifyResult & {
  /** Of a refusal as `limited`. */
  retryAfterSeconds?: number;
};

/** The hidden field that the script on the page fills. */
const FIELD = 'huma_signals';

/** In a Server Action: judges the signals in the hidden field `huma_signals`. A post without them is refused, an outage lets it through. */
export function humaFormCheck(
  form: { get(name: string): unknown },
  options: FormCheckOptions = {},
): Promise<FormCheck> {
  return check(form.get(FIELD), options);
}

async function check(signals: unknown, options: FormCheckOptions): Promise<FormCheck> {
  const { userId = userIdOf(signals), ...rest } = options;
  try {
    return await verifyWithSignals({ ...rest, userId, signals });
  } catch (error) {
    // Limits are no outage: a flood would open the form to itself. 402: the trial of the key is over.
    if (!(error instanceof HumaError) || (error.status !== 429 && error.status !== 402)) throw error;
    const { retryAfterSeconds } = error;
    return { ...refusal('limited'), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  }
}

/** By page view, so that one that posts again and again runs into the limit of a user. */
function userIdOf(signals: unknown): string {
  const value = typeof signals === 'string' ? parse(signals) : signals;
  const sid = (value as { sid?: unknown } | null | undefined)?.sid;
  return `form:${typeof sid === 'string' && /^[\w-]{16,64}$/.test(sid) ? sid : crypto.randomUUID()}`;
}

export interface ProtectionOptions<Req extends Request> extends Omit<FormCheckOptions, 'userId'> {
  userId?: string | ((request: Req) => string | undefined | Promise<string | undefined>) | undefined;
  /** Where the signals are; absent: the field `huma_signals`, `signals` or `sessionData` of the body, JSON or form. */
  signals?: ((request: Req) => unknown) | undefined;
  /** Bytes of a body in which signals are looked for; 1 MB when absent. A larger one is refused. Without effect beside `signals`. */
  maxBytes?: number | undefined;
  /** The answer to a refused request; as JSON when absent: 403, for a limit 429, for a body that is too large 413. */
  refuse?: ((check: FormCheck, request: Req) => Response | Promise<Response>) | undefined;
}

/** Around a Route Handler: it runs only where `human` is true. The body stays unread for it. */
export function withHumaProtection<Req extends Request = Request, Rest extends unknown[] = []>(
  handler: (request: Req, huma: FormCheck, ...rest: Rest) => Response | Promise<Response>,
  options: ProtectionOptions<Req> = {},
): (request: Req, ...rest: Rest) => Promise<Response> {
  const { userId, signals, maxBytes = LARGEST_BODY, refuse = refused, ...rest } = options;
  if (!(typeof maxBytes === 'number' && maxBytes > 0))
    throw new HumaError('INVALID_ARGUMENT', 'maxBytes is a number of bytes.');
  return async (request, ...more) => {
    const seen = signals ? { signals: await signals(request) } : await findSignals(request, maxBytes);
    if ('refused' in seen) return refuse(refusal(seen.refused), request);
    const user = typeof userId === 'function' ? await userId(request) : userId;
    const result = await check(seen.signals, { ...rest, userId: user });
    return result.human ? handler(request, result, ...more) : refuse(result, request);
  };
}

const NAMES = [FIELD, 'signals', 'sessionData'] as const;

/** In a copy of the body; `signals` is undefined where it has none, or is none. */
async function findSignals(
  request: Request,
  maxBytes: number,
): Promise<{ signals: unknown } | { refused: Refusal }> {
  try {
    const copy = await copyOfBody(request, maxBytes);
    if (copy === 'too large') return { refused: 'payload_too_large' };
    return { signals: copy && (await signalsOf(copy)) };
  } catch {
    return { signals: undefined };
  }
}

async function signalsOf(body: Response): Promise<unknown> {
  const type = body.headers.get('content-type') ?? '';
  if (/^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(type)) {
    const form = await body.formData();
    return NAMES.map((name) => form.get(name)).find((value) => value !== null);
  }
  const value: unknown = await body.json();
  if (typeof value !== 'object' || value === null) return undefined;
  return NAMES.map((name) => (value as Record<string, unknown>)[name]).find((one) => one !== undefined);
}

const sentences: Record<Refusal, string> = {
  no_signals: 'No behavioral signals came with this request.',
  invalid_signals: 'The behavioral signals of this request are not those of a browser.',
  payload_too_large: 'The body of this request is too large.',
  limited: 'Too many requests: try again later.',
  outage: 'The check for bots is not available: try again later.',
};

const statuses: Partial<Record<Refusal, number>> = { payload_too_large: 413, limited: 429, outage: 503 };

function refused({ refused: why, retryAfterSeconds }: FormCheck): Response {
  const status = (why && statuses[why]) ?? 403;
  const code = why === undefined ? 'BOT_DETECTED' : why.toUpperCase();
  const error = why === undefined ? 'This request does not look like one of a person.' : sentences[why];
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return Response.json({ error, code }, { status, headers });
}

function parse(text: string): unknown {
  try {
    return text.length > 8_192 ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
