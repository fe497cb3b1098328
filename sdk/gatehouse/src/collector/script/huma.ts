import type { Collector } from '../collector.ts';
import { type Heartbeat, HumaError, isOutage, letThrough, post, type Verdict } from './behavior-requests.ts';

export interface SessionOptions {
  /** Milliseconds between two heartbeats: 30,000 when absent, never under 5,000. `interval` is the same. */
  intervalMs?: number;
  interval?: number;
  /** A heartbeat whose `anomaly` is true, or whose `action` is `block`. */
  onAnomaly?: (result: Heartbeat) => void;
  onResult?: (result: Heartbeat) => void;
  /** A heartbeat that failed. It goes on after an outage or a limit, and ends with any other refusal. */
  onError?: (error: HumaError) => void;
}

const INTERVAL = 30_000;
const SHORTEST_INTERVAL = 5_000;
/** Milliseconds before a verification is tried again that was answered 503. */
const RETRIES = [400, 1_600];

export type Huma = ReturnType<typeof createHuma>;

/** The object that a page sees as `Huma` and `Gatehouse`. */
export function createHuma(collector: Collector, baseUrl: string) {
  let token: string | undefined;
  let end: (() => void) | undefined;

  const stopSession = (): void => {
    end?.();
    end = undefined;
  };

  const huma = {
    /** Address of the appliance: that of the script itself, unless the page sets another. */
    baseUrl,

    /** In an outage the person is let through: `human`, an empty `token`, and `outage` with the reason. Throws `HumaError` for a refusal. */
    async verify(userId: string, apiKey: string): Promise<Verdict> {
      const verdict = await ask(userId, apiKey, RETRIES).catch(letThrough);
      token = verdict.token;
      return verdict;
    },

    /**
     * Heartbeats until `stopSession()`; `sessionToken` is that of the last `verify` when absent. Hidden pages send none. With the empty
     * token of an outage there is nothing to follow: it does nothing.
     */
    startSession(userId: string, apiKey: string, sessionToken = token, options: SessionOptions = {}): void {
      stopSession();
      if (sessionToken === '') return;
      if (!sessionToken)
        throw new HumaError('Call verify() first, or pass its token.', 'NO_SESSION_TOKEN', 0);
      const wait = Math.max(SHORTEST_INTERVAL, options.intervalMs ?? options.interval ?? INTERVAL);
      end = repeat(wait, async () => {
        if (document.hidden) return true;
        const sessionData = collector.snapshot();
        try {
          const body = { userId, sessionToken, sessionData };
          const result = await post<Heartbeat>(at('/api/v1/session'), apiKey, body);
          options.onResult?.(result);
          if (result.anomaly || result.action === 'block') options.onAnomaly?.(result);
        } catch (error) {
          if (!(error instanceof HumaError)) throw error;
          options.onError?.(error);
          return isOutage(error) || error.status === 429;
        }
        return true;
      });
    },

    stopSession,

    debug: () => ({ ...collector.debug(), session: end !== undefined }),
  };
  /** A window of its own for each attempt: a copy would be a replay, where the first has arrived. */
  async function ask(userId: string, apiKey: string, [wait, ...later]: readonly number[]): Promise<Verdict> {
    try {
      return await post<Verdict>(at('/api/v1/verify'), apiKey, { userId, sessionData: collector.snapshot() });
    } catch (error) {
      if (wait === undefined || (error as HumaError).status !== 503) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
      return ask(userId, apiKey, later);
    }
  }
  const at = (path: string) => huma.baseUrl.replace(/\/+$/, '') + path;
  return huma;
}

/** Repeats the step while it says so, the next only after the last has ended. Gives the end of it. */
function repeat(wait: number, step: () => Promise<boolean>): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let ended = false;
  const next = () => {
    timer = setTimeout(async () => {
      if ((await step()) && !ended) next();
    }, wait);
  };
  next();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
