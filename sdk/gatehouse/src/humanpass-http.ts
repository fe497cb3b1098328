import { certificateFault } from './certificate.ts';
import { HumanPassError } from './humanpass-error.ts';
import { pauseBefore, sleep } from './repeats.ts';

export interface RequestOptions {
  signal?: AbortSignal;
}

export interface Question extends RequestOptions {
  method: 'GET' | 'POST';
  path: string;
  credential: string;
  body?: object;
  headers?: Record<string, string>;
  /** It changes nothing, or carries an idempotency key. */
  isSafe: boolean;
}

export type Ask = <Reply>(question: Question) => Promise<Reply>;

/** Sends requests to the service, again where one got no answer and a repeat has no second effect. */
export function createAsk(
  base: string,
  { fetch: given, maxRetries = 2 }: { fetch?: typeof fetch; maxRetries?: number },
): Ask {
  return async <Reply>({ isSafe, ...question }: Question): Promise<Reply> => {
    for (let failed = 0; ; failed++) {
      try {
        return (await send(base, question, given)) as Reply;
      } catch (error) {
        const isOver = !(error instanceof HumanPassError) || failed >= maxRetries;
        const pause = isOver ? undefined : pauseBefore(error, { failed, isSafe });
        if (pause === undefined) throw error;
        await sleep(pause, question.signal).catch((cause: unknown) => {
          throw aborted(cause);
        });
      }
    }
  };
}

async function send(
  base: string,
  { method, path, credential, body, headers, signal }: Omit<Question, 'isSafe'>,
  given: typeof fetch | undefined,
): Promise<object> {
  const reply = await (given ?? fetch)(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${credential}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    credentials: 'omit',
    redirect: 'error',
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw aborted(cause);
    const fault = certificateFault(base, cause);
    if (fault !== undefined) throw new HumanPassError('CERTIFICATE_NOT_TRUSTED', fault, { cause });
    throw new HumanPassError('NETWORK', `${base} could not be reached${orNotRead(base)}.`, { cause });
  });
  const answer: unknown = await reply.json().catch(() => undefined);
  if (reply.ok && typeof answer === 'object' && answer !== null) return answer;
  throw refusalOf(reply, answer);
}

const aborted = (cause: unknown) => new HumanPassError('ABORTED', 'The request was aborted.', { cause });

/** A browser does not say why it has no answer. */
function orNotRead(base: string): string {
  const page = (globalThis.location as Location | undefined)?.origin;
  if (page === undefined || page === /^[^:]+:\/\/[^/]+/.exec(base)?.[0]) return '';
  return `, or it answered and this page may not read it: the key has to be bound to ${page}, another key that is does not count (gatehouse key create --browser --origin ${page})`;
}

function refusalOf({ status, headers }: Response, answer: unknown): HumanPassError {
  const { error, code, requestId } = (answer ?? {}) as {
    error?: unknown;
    code?: unknown;
    requestId?: unknown;
  };
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(after) ? after : undefined;
  if (typeof error !== 'string' || typeof code !== 'string')
    return new HumanPassError('NETWORK', `The answer (${status}) is not one of Gatehouse: check apiUrl.`, {
      status,
      retryAfterSeconds,
    });
  return new HumanPassError(code, error, {
    status,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    retryAfterSeconds,
  });
}
