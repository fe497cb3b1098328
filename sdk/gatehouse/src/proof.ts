import { type Ask, createAsk, type ProofClientOptions, type RequestOptions } from './proof-http.ts';
import type {
  EnrollRequest,
  EnrollResult,
  NewPresenceSession,
  PresenceClaims,
  PresenceRequest,
  PresenceSession,
  PresenceToken,
  VerifyPresenceTokenRequest,
  VerifyRequest,
  VerifyResult,
} from './proof-messages.ts';
import { type WaitOptions, waitForPresence } from './proof-wait.ts';
import { newIdempotencyKey } from './repeats.ts';

export type { ProofClientCode, ProofErrorDetail } from './proof-error.ts';
export { ProofError } from './proof-error.ts';
export type { ProofClientOptions, RequestOptions } from './proof-http.ts';
export type * from './proof-messages.ts';
export type { WaitOptions } from './proof-wait.ts';

export interface CreateOptions extends RequestOptions {
  /** A repeated request with the same key has one effect; another for each call when absent. */
  idempotencyKey?: string;
}

/** Client of the identity and presence routes. Every method throws `ProofError`. */
export class ProofClient {
  readonly #ask: Ask;
  readonly #apiKey: string | undefined;
  readonly #serviceToken: string | undefined;

  constructor(options: ProofClientOptions) {
    this.#ask = createAsk(options);
    this.#apiKey = options.apiKey ?? options.serviceToken;
    this.#serviceToken = options.serviceToken ?? options.apiKey;
  }

  /** Keeps a face under an e-mail address. */
  enroll(request: EnrollRequest, options: CreateOptions = {}): Promise<EnrollResult> {
    return this.#create('/api/enroll', this.#apiKey, request, options);
  }

  /** Is this the person, or which person is this? A picture that cannot be judged throws, with `reason` for the person. */
  verify(request: VerifyRequest, options: RequestOptions = {}): Promise<VerifyResult> {
    return this.#ask({
      ...options,
      method: 'POST',
      path: '/api/verify',
      credential: this.#apiKey,
      body: request,
      isSafe: false,
    });
  }

  /** Send `verifyUrl` to the person, then `waitForPresence`. */
  createPresenceSession(request: PresenceRequest, options: CreateOptions = {}): Promise<NewPresenceSession> {
    return this.#create('/api/presence/sessions', this.#serviceToken, request, options);
  }

  getPresenceSession(sessionId: string, options: RequestOptions = {}): Promise<PresenceSession> {
    return this.#presence('GET', pathOf(sessionId), options);
  }

  /** The link leads nowhere from then on. */
  cancelPresenceSession(sessionId: string, options: RequestOptions = {}): Promise<PresenceSession> {
    return this.#presence('POST', `${pathOf(sessionId)}/cancel`, options);
  }

  /**
   * Asks every two seconds until the session is verified, for five minutes. Throws `PRESENCE_EXPIRED`, `PRESENCE_CANCELLED`,
   * `PRESENCE_TIMEOUT`, or the reason of the signal.
   */
  waitForPresence(sessionId: string, options: WaitOptions = {}): Promise<PresenceSession> {
    // It asks again by itself.
    const read = (signal: AbortSignal | undefined) =>
      this.#presence<PresenceSession>('GET', pathOf(sessionId), { ...(signal && { signal }), retries: 0 });
    return waitForPresence(read, options);
  }

  /** The Human Presence Token of a verified session. */
  getPresenceToken(sessionId: string, options: RequestOptions = {}): Promise<PresenceToken> {
    return this.#presence('GET', `${pathOf(sessionId)}/token`, options);
  }

  /** Whether a token counts. Look at `valid` first: a token that does not count is an answer, not an error. */
  verifyPresenceToken(
    request: VerifyPresenceTokenRequest,
    options: RequestOptions = {},
  ): Promise<PresenceClaims> {
    return this.#presence('POST', '/api/presence/verify-token', { ...options, body: request });
  }

  #presence<Reply>(
    method: 'GET' | 'POST',
    path: string,
    more: RequestOptions & { body?: object; retries?: number },
  ): Promise<Reply> {
    return this.#ask({ ...more, method, path, credential: this.#serviceToken, isSafe: method === 'GET' });
  }

  #create<Reply>(
    path: string,
    credential: string | undefined,
    body: object,
    { idempotencyKey = newIdempotencyKey(), ...options }: CreateOptions,
  ): Promise<Reply> {
    const isSafe = idempotencyKey !== undefined;
    const headers: Record<string, string> = isSafe ? { 'idempotency-key': idempotencyKey } : {};
    return this.#ask({ ...options, method: 'POST', path, credential, body, headers, isSafe });
  }
}

const pathOf = (sessionId: string) => `/api/presence/sessions/${encodeURIComponent(sessionId)}`;
