import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Connection } from './ask.ts';
import { type SessionOptions, startSession } from './heartbeat.ts';
import { HumaError, type Outage } from './huma-error.ts';
import type { JudgeOptions } from './judge.ts';
import { lastToken } from './last-token.ts';
import type { SessionResult, VerifyResult } from './messages.ts';
import { isCollecting, startCollecting } from './page-collector.ts';
import { verify } from './verify.ts';

export interface HumaState {
  /** Throws `HumaError` where the service refuses the call. */
  verify(options?: Pick<Connection, 'signal'>): Promise<VerifyResult>;
  /** True once signals are collected; false on a server. */
  collecting: boolean;
  result: VerifyResult | undefined;
  error: HumaError | undefined;
}

/** Collects while the component is there, and verifies when it is asked to. */
export function useHuma(options: Omit<JudgeOptions, 'signal'>): HumaState {
  const [collecting, setCollecting] = useState(false);
  const [seen, setSeen] = useState<Pick<HumaState, 'result' | 'error'>>({
    result: undefined,
    error: undefined,
  });
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    startCollecting();
    setCollecting(isCollecting());
  }, []);
  const run = useCallback(async ({ signal }: Pick<Connection, 'signal'> = {}) => {
    try {
      const result = await verify({ ...latest.current, signal });
      setSeen({ result, error: undefined });
      return result;
    } catch (error) {
      if (error instanceof HumaError) setSeen({ result: undefined, error });
      throw error;
    }
  }, []);
  return { verify: run, collecting, ...seen };
}

export interface HumaSessionState {
  anomaly: boolean;
  lastResult: SessionResult | undefined;
  /** Set while the service does not answer. */
  outage: Outage | undefined;
  /** It ended the session: the token is over, or the call is wrong. Verify again. */
  error: HumaError | undefined;
}

const nothing: HumaSessionState = {
  anomaly: false,
  lastResult: undefined,
  outage: undefined,
  error: undefined,
};

/** Heartbeats while the component is there; without a token they begin when `verify` has given one for this user. */
export function useHumaSession(options: Omit<SessionOptions, 'signal'>): HumaSessionState {
  const { userId, apiKey, baseUrl, interval, intervalMs } = options;
  const [seen, setSeen] = useState<HumaSessionState>(nothing);
  const latest = useRef(options);
  latest.current = options;
  const last = useSyncExternalStore(
    (changed) => lastToken().watch(changed),
    () => lastToken().of(userId),
    () => undefined,
  );
  const token = options.token || last;
  useEffect(() => {
    if (!token) return;
    setSeen(nothing);
    const { timeoutMs, fetch } = latest.current;
    const session = startSession({
      userId,
      apiKey,
      baseUrl,
      interval,
      intervalMs,
      token,
      timeoutMs,
      fetch,
      onResult(result) {
        setSeen({ ...nothing, anomaly: result.anomaly, lastResult: result });
        latest.current.onResult?.(result);
      },
      onAnomaly: (action, result) => latest.current.onAnomaly?.(action, result),
      onOutage(outage) {
        setSeen((before) => ({ ...before, outage }));
        latest.current.onOutage?.(outage);
      },
      onError(error) {
        setSeen((before) => ({ ...before, error }));
        latest.current.onError?.(error);
      },
    });
    return () => session.stop();
  }, [userId, apiKey, baseUrl, interval, intervalMs, token]);
  return seen;
}
