import { createElement, type ReactElement, useCallback, useEffect, useRef, useState } from 'react';
import type HumanPassClient from './humanpass.ts';
import type { HumanPassResult, VerifyOptions } from './humanpass.ts';
import { HumanPassError } from './humanpass-error.ts';

export interface HumanPassState {
  /** `idle` before the first call. */
  state: 'idle' | 'running' | 'done' | 'failed';
  result?: HumanPassResult;
  error?: HumanPassError;
  /** Call it in the handler of a click: it opens a window. */
  verify(options?: VerifyOptions): Promise<HumanPassResult | undefined>;
}

/** Verifies from a component; a verification in progress ends when the component goes. */
export function useHumanPass(client: HumanPassClient): HumanPassState {
  const [seen, setSeen] = useState<Omit<HumanPassState, 'verify'>>({ state: 'idle' });
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const verify = useCallback(
    async (options: VerifyOptions = {}) => {
      running.current?.abort();
      const own = new AbortController();
      running.current = own;
      const show = (next: Omit<HumanPassState, 'verify'>) => {
        if (running.current === own && !own.signal.aborted) setSeen(next);
      };
      show({ state: 'running' });
      const given = options.signal;
      given?.addEventListener('abort', () => own.abort(), { once: true });
      try {
        const result = await client.verify({ ...options, signal: own.signal });
        show({ state: 'done', result });
        return result;
      } catch (error) {
        if (!(error instanceof HumanPassError)) throw error;
        show({ state: 'failed', error });
        return undefined;
      }
    },
    [client],
  );
  return { ...seen, verify };
}

export interface HumanPassProps extends Omit<VerifyOptions, 'mode' | 'container' | 'signal'> {
  client: HumanPassClient;
  onResult(result: HumanPassResult): void;
  onError?(error: HumanPassError): void;
  className?: string;
}

/** The verification page inside this one, in a frame. It begins when the component appears. */
export function HumanPass({
  client,
  onResult,
  onError,
  className,
  ...options
}: HumanPassProps): ReactElement {
  const container = useRef<HTMLDivElement>(null);
  const latest = useRef({ onResult, onError, options });
  latest.current = { onResult, onError, options };
  useEffect(() => {
    const own = new AbortController();
    // React's strict mode mounts twice: the first would make a session that is not used.
    const begin = setTimeout(() => {
      client
        .verify({
          ...latest.current.options,
          mode: 'iframe',
          container: container.current!,
          signal: own.signal,
        })
        .then(
          (result) => latest.current.onResult(result),
          (error: unknown) => {
            if (!own.signal.aborted) latest.current.onError?.(error as HumanPassError);
          },
        );
    });
    return () => {
      clearTimeout(begin);
      own.abort();
    };
  }, [client]);
  return createElement('div', { ref: container, className });
}
