import { lastToken } from '../../huma/last-token.ts';
import type { Collector, SessionData } from '../collector.ts';
import { CALM, HumaError, letThrough, post, UNJUDGED, type Verdict } from './behavior-requests.ts';
import { repeatHeartbeats, type SessionOptions } from './heartbeats.ts';

/** Milliseconds before a verification is tried again that was answered 503. */
const RETRIES = [400, 1_600];

export interface Huma {
  /** Address of the appliance: that of the script itself, unless the page sets another. */
  baseUrl: string;
  /** In an outage the person is let through: `human`, an empty `token`, and `outage` with the reason. Throws `HumaError` for a refusal. */
  verify(userId: string, apiKey: string): Promise<Verdict>;
  /**
   * Heartbeats until `stopSession()`; `sessionToken` is that of the page's last `verify` of this user when absent. Hidden pages send none.
   * With the empty token of an outage there is nothing to follow: it does nothing.
   */
  startSession(userId: string, apiKey: string, sessionToken?: string, options?: SessionOptions): void;
  stopSession(): void;
  /** What would be sent now. */
  debug(): { features: SessionData; collecting: boolean; session: boolean };
}

/** The object that a page sees as `Huma` and `Gatehouse`. */
export function createHuma(collector: Collector, baseUrl: string): Huma {
  /** The last verification had no judgement. */
  let unjudged = false;
  let end: (() => void) | undefined;

  const stopSession = (): void => {
    end?.();
    end = undefined;
  };

  const huma: Huma = {
    baseUrl,

    async verify(userId, apiKey) {
      const verdict = await ask(userId, apiKey, RETRIES).catch(letThrough);
      unjudged = !verdict.token;
      lastToken().keep(userId, verdict.token);
      return verdict;
    },

    startSession(
      userId,
      apiKey,
      sessionToken = lastToken().of(userId) ?? (unjudged ? '' : undefined),
      options = {},
    ) {
      stopSession();
      if (sessionToken === '') return;
      if (!sessionToken)
        throw new HumaError('Call verify() first, or pass its token.', 'NO_SESSION_TOKEN', 0);
      const send = () =>
        post(
          at('/api/v1/session'),
          apiKey,
          { userId, sessionToken, sessionData: collector.snapshot() },
          CALM,
        );
      end = repeatHeartbeats(send, options, stopSession);
    },

    stopSession,

    debug: () => ({ ...collector.debug(), session: end !== undefined }),
  };

  const at = (path: string) => huma.baseUrl.replace(/\/+$/, '') + path;

  /** A window of its own for each attempt: a copy would be a replay, where the first has arrived. */
  async function ask(userId: string, apiKey: string, [wait, ...later]: readonly number[]): Promise<Verdict> {
    try {
      return await post(
        at('/api/v1/verify'),
        apiKey,
        { userId, sessionData: collector.snapshot() },
        UNJUDGED,
      );
    } catch (error) {
      if (wait === undefined || (error as HumaError).status !== 503) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
      return ask(userId, apiKey, later);
    }
  }

  return huma;
}
