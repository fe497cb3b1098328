import { readAddress } from './address.ts';
import { HumanPassError } from './humanpass-error.ts';
import { type Ask, createAsk, type RequestOptions } from './humanpass-http.ts';
import type {
  HumanPassResult,
  HumanPassSession,
  PassVerification,
  SessionRequest,
  SessionResult,
} from './humanpass-messages.ts';
import { openFrame, openPopup, type Stage, untilPageEnds } from './humanpass-window.ts';
import { newIdempotencyKey } from './repeats.ts';

declare global {
  // Of the types `dom`, which the project of a server does not have.
  interface HTMLElement {}
}

export type { HumanPassErrorCode } from './humanpass-error.ts';
export { HumanPassError } from './humanpass-error.ts';
export type { RequestOptions } from './humanpass-http.ts';
export type * from './humanpass-messages.ts';

export interface HumanPassOptions {
  /** In a page: a browser key, bound to the origin of the page. Not needed where your server creates the sessions. */
  apiKey?: string;
  /** Address of the Gatehouse: `https://gatehouse.example.lan:7443`. */
  apiUrl: string;
  /** Address of the page; `<apiUrl>/verify` when absent. */
  verifyUrl?: string;
  /**
   * How often a request is sent again that got no answer, or one that asks to come back; 2 when absent. Only where a repeat has no second
   * effect.
   */
  maxRetries?: number;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

export interface CreateOptions extends RequestOptions {
  /** A repeated request with the same key makes no second session; another for each call when absent. */
  idempotencyKey?: string;
}

export interface VerifyOptions extends SessionRequest, CreateOptions {
  /** `popup` when absent. `redirect` leaves the page: call `resume()` when it is loaded again. */
  mode?: 'popup' | 'redirect' | 'iframe';
  /** Holds the frame of the mode `iframe`. */
  container?: HTMLElement;
  /** Milliseconds; 15 minutes when absent. */
  timeout?: number;
  /** A session that your server created, with a key that is bound to the origin of this page; absent: one is created with the key. */
  session?: HumanPassSession;
}

const TIMEOUT = 15 * 60_000;
/** Of this tab: the session that the person was sent away with. */
const KEPT = 'gatehouse.humanpass';
const NOT_BOUND =
  'A session can be verified only from origins of the key that created it, also where that is the key of a server (gatehouse key create --origin …).';

/** Opens the verification page and gives its result; on a server, creates sessions and reads their results. Every method throws `HumanPassError`. */
export default class HumanPassClient {
  readonly #ask: Ask;
  readonly #apiKey: string | undefined;
  readonly #verifyUrl: string;

  constructor(options: HumanPassOptions) {
    const { apiKey, apiUrl, verifyUrl } = options;
    const base = readAddress(apiUrl);
    if (base === undefined) throw noAddress('apiUrl');
    if (verifyUrl !== undefined && !/^https?:\/\/[^\s/?#]/i.test(verifyUrl)) throw noAddress('verifyUrl');
    this.#verifyUrl = verifyUrl ?? `${base}/verify`;
    this.#ask = createAsk(base, options);
    this.#apiKey = apiKey || undefined;
  }

  /**
   * Verifies the person at this browser. Resolves with every decision, also `rejected`: only `token` says that the person passed, and
   * your server checks it (`verifyPass`).
   */
  async verify(options: VerifyOptions = {}): Promise<HumanPassResult> {
    if (typeof window === 'undefined')
      throw wrong(
        'verify() opens a page: on a server call createSession() and send the person to verifyUrl.',
      );
    const { mode = 'popup', container, timeout = TIMEOUT, session: given, signal } = options;
    if (mode === 'iframe' && !container) throw wrong('The mode "iframe" needs a container.');
    if (!given) this.#key();
    if (signal?.aborted) throw new HumanPassError('ABORTED', 'The verification was aborted.');
    if (mode === 'redirect') return this.#leave(options);
    const stage: Stage = mode === 'iframe' ? openFrame(container!) : openPopup();
    try {
      const session = given
        ? await this.#readable(given, signal)
        : await this.createSession(requestOf(options), options);
      const page = this.#pageOf(session);
      const ended = untilPageEnds(stage, {
        origin: page.origin,
        sessionId: session.sessionId,
        timeout,
        signal,
      });
      stage.open(page.href);
      const how = await ended;
      return await this.#resultOf(session, how, signal);
    } finally {
      stage.close();
    }
  }

  /** After the mode `redirect`, when the page is loaded again: the result; undefined where this tab sent no person away. */
  async resume(options: RequestOptions = {}): Promise<HumanPassResult | undefined> {
    const text = sessionStorage.getItem(KEPT);
    if (text === null) return undefined;
    const session = JSON.parse(text) as HumanPassSession;
    const result = await this.#resultOf(session, 'closed', options.signal);
    sessionStorage.removeItem(KEPT);
    return result;
  }

  async createSession(
    request: SessionRequest = {},
    { idempotencyKey = newIdempotencyKey(), signal }: CreateOptions = {},
  ): Promise<HumanPassSession> {
    const isSafe = idempotencyKey !== undefined;
    return this.#ask({
      method: 'POST',
      path: '/api/v1/sessions',
      credential: this.#key(),
      body: request,
      headers: isSafe ? { 'idempotency-key': idempotencyKey } : {},
      isSafe,
      ...(signal && { signal }),
    });
  }

  /**
   * The decision of a session. With its token as a page has it, without risk figures; else with the key, on a server. Throws CONFLICT
   * while the person has not finished; `decision` is null while a reviewer decides.
   */
  async finalize(
    session: { sessionId: string; token?: string },
    { signal }: RequestOptions = {},
  ): Promise<SessionResult> {
    const { sessionId, token = this.#key() } = session;
    const path = `/api/v1/sessions/${encodeURIComponent(sessionId)}/finalize`;
    return this.#ask({
      method: 'POST',
      path,
      credential: token,
      body: {},
      isSafe: true,
      ...(signal && { signal }),
    });
  }

  /** On a server: a masked value of the session, the same at every call. */
  async salt(sessionId: string, { signal }: RequestOptions = {}): Promise<string> {
    const path = `/api/v1/sessions/${encodeURIComponent(sessionId)}/salt`;
    const credential = this.#key();
    const question = { method: 'GET', path, credential, isSafe: true, ...(signal && { signal }) } as const;
    return (await this.#ask<{ salt: string }>(question)).salt;
  }

  /** On a server: whether a pass token counts. One that does not is an answer, not an error. */
  async verifyPass(passToken: string, { signal }: RequestOptions = {}): Promise<PassVerification> {
    return this.#ask({
      method: 'POST',
      path: '/api/v1/passes/verify',
      credential: this.#key(),
      body: { passToken },
      isSafe: true,
      ...(signal && { signal }),
    });
  }

  #key(): string {
    if (this.#apiKey !== undefined) return this.#apiKey;
    throw wrong('apiKey is missing: without one a page can only verify a session that your server created.');
  }

  /** Asked before the page is shown: where this origin may read nothing, the window could be neither followed nor closed. */
  async #readable(session: HumanPassSession, signal: AbortSignal | undefined): Promise<HumanPassSession> {
    await this.finalize(session, signal ? { signal } : {}).catch((error: unknown) => {
      if (!(error instanceof HumanPassError)) throw error;
      if (error.code === 'CONFLICT') return;
      if (error.code !== 'NETWORK' || error.status !== undefined) throw error;
      throw new HumanPassError('NETWORK', `${error.message} ${NOT_BOUND}`, { cause: error });
    });
    return session;
  }

  #pageOf({ sessionId, token }: HumanPassSession): URL {
    const page = new URL(this.#verifyUrl);
    // By it the page knows which origins may hold it in a frame; the token is in the part that no server sees.
    page.searchParams.set('client', sessionId);
    page.hash = token;
    return page;
  }

  /** Never resolves: the page is left. */
  async #leave(options: VerifyOptions): Promise<HumanPassResult> {
    const redirectUrl = options.redirectUrl ?? withoutHash(window.location.href);
    const session = options.session
      ? await this.#readable(options.session, options.signal)
      : await this.createSession({ ...requestOf(options), redirectUrl }, options);
    sessionStorage.setItem(KEPT, JSON.stringify(session));
    window.location.assign(this.#pageOf(session).href);
    return new Promise<never>(() => {});
  }

  async #resultOf(
    session: HumanPassSession,
    how: 'result' | 'cancel' | 'closed',
    signal: AbortSignal | undefined,
  ): Promise<HumanPassResult> {
    const result = await this.finalize(session, signal ? { signal } : {}).catch((error: unknown) => {
      if (!(error instanceof HumanPassError) || error.code !== 'CONFLICT' || how === 'result') throw error;
      throw how === 'cancel'
        ? new HumanPassError('CANCELLED', 'The person gave up.', { cause: error })
        : new HumanPassError(
            'CLOSED',
            `The person left the page before the end. If its window is still there: ${NOT_BOUND}`,
            { cause: error },
          );
    });
    if (how === 'cancel' && result.decision !== 'approved')
      throw new HumanPassError('CANCELLED', 'The person did not agree, or gave up.');
    const { sessionId, passToken, decision, expiresAt } = result;
    return { sessionId, token: passToken, decision, expiresAt };
  }
}

const withoutHash = (url: string) => url.split('#', 1)[0]!;

function requestOf(options: VerifyOptions): SessionRequest {
  const { profile, uniquenessPolicy, callbackUrl, redirectUrl, subjectRef, metadata } = options;
  const request = { profile, uniquenessPolicy, callbackUrl, redirectUrl, subjectRef, metadata };
  return Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  ) as SessionRequest;
}

const noAddress = (name: string) =>
  wrong(`${name} must be an address with https:// (or http:// in a local network).`);
const wrong = (message: string) => new HumanPassError('INVALID_ARGUMENT', message);
