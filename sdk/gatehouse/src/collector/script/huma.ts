import type { Collector } from '../collector.ts';
import { type Heartbeat, HumaError, post, type Verdict } from './behavior-requests.ts';

export interface SessionOptions {
  /** Milliseconds between two heartbeats: 30,000 when absent, never under 5,000. `interval` is the same. */
  intervalMs?: number;
  interval?: number;
  /** A heartbeat whose `anomaly` is true. */
  onAnomaly?: (result: Heartbeat) => void;
  onResult?: (result: Heartbeat) => void;
  /** A heartbeat that failed. It goes on after an outage or a limit, and ends with any other refusal. */
  onError?: (error: HumaError) => void;
}

const INTERVAL = 30_000;
const SHORTEST_INTERVAL = 5_000;

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

    async verify(userId: string, apiKey: string): Promise<Verdict> {
      const verdict = await post<Verdict>(at('/api/v1/verify'), apiKey, {
        userId,
        sessionData: collector.snapshot(),
      });
      token = verdict.token;
      return verdict;
    },

    /** Heartbeats until `stopSession()`; `sessionToken` is that of the last `verify` when absent. Hidden pages send none. */
    startSession(userId: string, apiKey: string, sessionToken = token, options: SessionOptions = {}): void {
      stopSession();
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
          if (result.anomaly) options.onAnomaly?.(result);
        } catch (error) {
          if (!(error instanceof HumaError)) throw error;
          options.onError?.(error);
          return error.status === 0 || error.status === 429 || error.status >= 500;
        }
        return true;
      });
    },

    stopSession,

    debug: () => ({ ...collector.debug(), session: end !== undefined }),
  };
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
