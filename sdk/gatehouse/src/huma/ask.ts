import { readApiKey, readBaseUrl } from './base-url.ts';
import { HumaError } from './huma-error.ts';
import { LONGEST_TIMER } from './longest-timer.ts';
import { unreachable } from './unreachable.ts';

export interface Connection {
  /** In a page: a browser key, bound to the page's origin. Absent on a server: `HUMA_API_KEY`. */
  apiKey?: string | undefined;
  /** Absent: `HUMA_BASE_URL`, else the origin of the script on the page, else that of the page. */
  baseUrl?: string | undefined;
  /** Milliseconds until an answer is no longer waited for; 5,000 when absent, `Infinity` without end. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** In place of the platform's own. */
  fetch?: typeof globalThis.fetch | undefined;
}

type Reply = Record<string, unknown>;

/** One POST to the appliance, with its answer or a `HumaError`. A redirect is not followed: the key would go with it. */
export async function ask(path: string, body: object, connection: Connection): Promise<Reply> {
  const { signal, timeoutMs = 5_000, fetch = (...request) => globalThis.fetch(...request) } = connection;
  const base = readBaseUrl(connection.baseUrl);
  const apiKey = readApiKey(connection.apiKey);
  if (signal?.aborted) throw aborted(signal);
  const deadline = createDeadline(timeoutMs, signal);
  try {
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: deadline.signal,
      ...platformOptions(),
    });
    return read(response, await response.text(), base);
  } catch (cause) {
    if (signal?.aborted) throw aborted(signal);
    if (cause instanceof HumaError) throw cause;
    throw deadline.isOver()
      ? new HumaError('TIMEOUT', `${base} did not answer within ${timeoutMs} ms.`, { cause })
      : unreachable(base, cause);
  } finally {
    deadline.end();
  }
}

/** Aborts with the caller's signal, or after the time. */
function createDeadline(timeoutMs: number, signal: AbortSignal | undefined) {
  const isTime = typeof timeoutMs === 'number' && timeoutMs > 0;
  if (!isTime || (timeoutMs > LONGEST_TIMER && timeoutMs !== Number.POSITIVE_INFINITY))
    throw new HumaError(
      'INVALID_ARGUMENT',
      `timeoutMs is a number of milliseconds up to ${LONGEST_TIMER}, or Infinity.`,
    );
  const ended = new AbortController();
  let isOver = false;
  const abort = () => ended.abort();
  const expire = () => {
    isOver = true;
    abort();
  };
  const timer = timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(expire, timeoutMs);
  signal?.addEventListener('abort', abort);
  return {
    signal: ended.signal,
    isOver: () => isOver,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}

/** A 200 that something else than this endpoint gave. */
export const otherAnswer = (path: string): HumaError =>
  new HumaError('NOT_GATEHOUSE', `The answer is not that of ${path}: check baseUrl.`, { status: 200 });

const aborted = (signal: AbortSignal) =>
  new HumaError('ABORTED', 'The call was aborted.', { cause: signal.reason });

/** Some edge runtimes throw at options that they do not have. */
function platformOptions(): Pick<RequestInit, 'credentials' | 'cache' | 'referrerPolicy'> {
  const known = globalThis.Request?.prototype ?? {};
  return {
    ...('credentials' in known && { credentials: 'omit' as const }),
    ...('cache' in known && { cache: 'no-store' as const }),
    // The address of a page may hold a secret, as in the link of a mail.
    ...('referrerPolicy' in known && { referrerPolicy: 'no-referrer' as const }),
  };
}

function read(response: Response, text: string, base: string): Reply {
  const reply = parse(text);
  if (response.ok && reply) return reply;
  const { status } = response;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const about = {
    status,
    requestId: textOf(reply?.requestId),
    retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : undefined,
    fields: fieldsOf(reply?.details),
  };
  const code = textOf(reply?.code);
  const message = textOf(reply?.error);
  if (status >= 500)
    throw new HumaError('UNAVAILABLE', message ?? `${base} answered with status ${status}.`, about);
  if (code && message) throw new HumaError(code, message, about);
  throw new HumaError('NOT_GATEHOUSE', `The answer of ${base} (${status}) is not one of Gatehouse.`, about);
}

function parse(text: string): Reply | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Reply) : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown) => (typeof value === 'string' && value ? value : undefined);

function fieldsOf(details: unknown): string[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((one: { path?: unknown } | null) => textOf(one?.path) ?? []);
}
