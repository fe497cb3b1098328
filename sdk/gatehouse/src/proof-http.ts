import { readAddress } from './address.ts';
import { causeCode, certificateFault } from './certificate.ts';
import { ProofError, type ProofErrorDetail } from './proof-error.ts';
import { pauseBefore, reasonOf, sleep } from './repeats.ts';

export interface ProofClientOptions {
  /** Address of the appliance: `https://gatehouse.example.com`. */
  baseUrl: string;
  /** For `enroll` and `verify`; for presence too, unless there is a service token. */
  apiKey?: string;
  /** An API key with the scope `presence`. */
  serviceToken?: string;
  /** Milliseconds until a request without an answer is given up; 60,000 when absent. */
  requestTimeoutMs?: number;
  /**
   * How often a request is sent again that got no answer, or one that asks to come back; 2 when absent. Only where a repeat has no second
   * effect.
   */
  maxRetries?: number;
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
  /** It changes nothing, or carries an idempotency key. */
  isSafe: boolean;
  /** In place of the client's `maxRetries`. */
  retries?: number;
}

export type Ask = <Reply>(asked: Asked) => Promise<Reply>;

/** One request to the appliance, and its repeats. A credential is never sent on to where a redirect leads. */
export function createAsk(options: ProofClientOptions): Ask {
  const base = readBase(options.baseUrl);
  const { maxRetries = 2 } = options;
  return async <Reply>({ retries = maxRetries, isSafe, ...asked }: Asked): Promise<Reply> => {
    if (!asked.credential)
      throw new ProofError(
        'INVALID_ARGUMENT',
        'Give the client an API key (apiKey) or a service token (serviceToken).',
      );
    for (let failed = 0; ; failed++) {
      try {
        return (await send(base, asked, options)) as Reply;
      } catch (error) {
        // One that took the whole time of a request is not begun anew.
        const isOver = !(error instanceof ProofError) || error.cause instanceof Late || failed >= retries;
        const pause = isOver ? undefined : pauseBefore(error, { failed, isSafe });
        if (pause === undefined) throw error;
        await sleep(pause, asked.signal);
      }
    }
  };
}

class Late extends Error {}

async function send(
  base: string,
  { method, path, credential, body, headers, signal }: Omit<Asked, 'isSafe' | 'retries'>,
  {
    requestTimeoutMs = 60_000,
    fetch = (...request) => globalThis.fetch(...request),
  }: Pick<ProofClientOptions, 'requestTimeoutMs' | 'fetch'>,
): Promise<Record<string, unknown>> {
  if (signal?.aborted) throw reasonOf(signal);
  const ended = new AbortController();
  let late: Late | undefined;
  const end = () => ended.abort();
  signal?.addEventListener('abort', end);
  const timer = setTimeout(() => {
    late = new Late('The appliance did not answer in time.');
    end();
  }, requestTimeoutMs);
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
    if (response.ok && reply) return reply;
    throw refusal(response, reply);
  } catch (error) {
    if (signal?.aborted) throw reasonOf(signal);
    throw error instanceof ProofError ? error : noAnswer(base, late ?? error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

function readBase(baseUrl: string): string {
  const base = readAddress(baseUrl);
  if (base !== undefined) return base;
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

function noAnswer(base: string, cause: unknown): ProofError {
  const fault = certificateFault(base, cause);
  if (fault !== undefined) return new ProofError('CERTIFICATE_NOT_TRUSTED', fault, { cause });
  const code = causeCode(cause);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ProofError('NO_ANSWER', `No answer from ${base}: ${why}${code ? ` (${code})` : ''}`, { cause });
}
