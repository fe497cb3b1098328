import { HumanPassError } from './humanpass-error.ts';

export interface RequestOptions {
  signal?: AbortSignal;
}

export interface Question extends RequestOptions {
  method: 'GET' | 'POST';
  path: string;
  credential: string;
  body?: object;
  headers?: Record<string, string>;
}

export type Ask = <Reply>(question: Question) => Promise<Reply>;

/** Sends requests to the service. */
export function createAsk(apiUrl: string, send: typeof fetch | undefined): Ask {
  const base = apiUrl.replace(/\/+$/, '');
  return async <Reply>({ method, path, credential, body, headers, signal }: Question): Promise<Reply> => {
    const reply = await (send ?? fetch)(`${base}${path}`, {
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
      if (signal?.aborted) throw new HumanPassError('ABORTED', 'The request was aborted.', { cause });
      throw new HumanPassError('NETWORK', `${base} could not be reached${orNotRead(base)}.`, { cause });
    });
    const answer: unknown = await reply.json().catch(() => undefined);
    if (reply.ok && typeof answer === 'object' && answer !== null) return answer as Reply;
    throw refusalOf(reply.status, answer);
  };
}

/** A browser does not say why it has no answer. */
function orNotRead(base: string): string {
  const page = (globalThis.location as Location | undefined)?.origin;
  if (page === undefined || page === URL.parse(base)?.origin) return '';
  return `, or it answered and this page may not read it: the key has to be bound to ${page}, another key that is does not count (gatehouse key create --browser --origin ${page})`;
}

function refusalOf(status: number, answer: unknown): HumanPassError {
  const { error, code, requestId } = (answer ?? {}) as {
    error?: unknown;
    code?: unknown;
    requestId?: unknown;
  };
  if (typeof error !== 'string' || typeof code !== 'string')
    return new HumanPassError('NETWORK', `The answer (${status}) is not one of Gatehouse: check apiUrl.`, {
      status,
    });
  return new HumanPassError(code, error, {
    status,
    requestId: typeof requestId === 'string' ? requestId : undefined,
  });
}
