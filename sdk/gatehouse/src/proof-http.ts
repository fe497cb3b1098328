import { ProofError, type ProofErrorDetail } from './proof-error.ts';

export interface ProofClientOptions {
  /** Address of the appliance: `https://gatehouse.example.com`. */
  baseUrl: string;
  /** For `enroll` and `verify`; for presence too, unless there is a service token. */
  apiKey?: string;
  /** An API key with the scope `presence`. */
  serviceToken?: string;
  /** Milliseconds until a request without an answer is given up; 60,000 when absent. */
  requestTimeoutMs?: number;
  /** In place of the platform's own. */
  fetch?: typeof globalThis.fetch;
}

export interface RequestOptions {
  signal?: AbortSignal;
}

export interface Asked extends RequestOptions {
  method: 'GET' | 'POST';
  path: string;
  credential: string | undefined;
  body?: object;
  headers?: Record<string, string>;
}

export type Ask = <Reply>(asked: Asked) => Promise<Reply>;

/** One request to the appliance. A credential is never sent on to where a redirect leads. */
export function createAsk({
  baseUrl,
  requestTimeoutMs = 60_000,
  fetch = (...request) => globalThis.fetch(...request),
}: ProofClientOptions): Ask {
  const base = readBase(baseUrl);
  return async function ask<Reply>({
    method,
    path,
    credential,
    body,
    headers,
    signal,
  }: Asked): Promise<Reply> {
    if (!credential)
      throw new ProofError(
        'INVALID_ARGUMENT',
        'Give the client an API key (apiKey) or a service token (serviceToken).',
      );
    signal?.throwIfAborted();
    const ended = new AbortController();
    const end = () => ended.abort(signal?.reason);
    signal?.addEventListener('abort', end);
    const timer = setTimeout(
      () => ended.abort(new Error('The appliance did not answer in time.')),
      requestTimeoutMs,
    );
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${credential}`,
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        signal: ended.signal,
      });
      const reply = parse(await response.text());
      if (response.ok && reply) return reply as Reply;
      throw refusal(response, reply);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ProofError) throw error;
      throw new ProofError('NO_ANSWER', `No answer from ${base}: ${sentenceOf(error, ended.signal)}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  };
}

function readBase(baseUrl: string): string {
  let url: URL | undefined;
  try {
    url = new URL(baseUrl);
  } catch {
    // Refused below.
  }
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash)
    return url.href.replace(/\/+$/, '');
  throw new ProofError(
    'INVALID_ARGUMENT',
    'baseUrl is the address of the appliance, as https://gatehouse.example.com.',
  );
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function refusal(response: Response, reply: Record<string, unknown> | undefined): ProofError {
  const { status, headers } = response;
  const text = (name: string) => (typeof reply?.[name] === 'string' ? (reply[name] as string) : undefined);
  const list = (name: string) => (Array.isArray(reply?.[name]) ? (reply[name] as unknown[]) : undefined);
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  return new ProofError(
    text('code') ?? 'NO_ANSWER',
    text('error') ?? `The answer (status ${status}) is not of a Gatehouse appliance.`,
    {
      status,
      requestId: text('requestId') ?? headers.get('x-request-id') ?? undefined,
      reason: text('reason'),
      details: list('details') as ProofErrorDetail[] | undefined,
      checkResults: list('checkResults'),
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
    },
  );
}

function sentenceOf(error: unknown, { aborted, reason }: AbortSignal): string {
  const why: unknown = aborted ? reason : error;
  return why instanceof Error ? why.message : String(why);
}
