import { createElement, type ReactElement, useCallback, useEffect, useRef, useState } from 'react';
import type HumanPassClient from './humanpass.ts';
import type { HumanPassError, HumanPassResult, VerifyOptions } from './humanpass.ts';
import { asHumanPassError, createRuns, type RunState, type Runs } from './humanpass-runs.ts';

export interface HumanPassState extends RunState {
  /** Call it in the handler of a click: it opens a window. */
  verify(options?: VerifyOptions): Promise<HumanPassResult | undefined>;
}

/** Verifies from a component; a verification in progress ends when the component goes. */
export function useHumanPass(client: HumanPassClient): HumanPassState {
  const [seen, setSeen] = useState<RunState>({ state: 'idle' });
  const runs = useRef<Runs | undefined>(undefined);
  runs.current ??= createRuns(setSeen);
  useEffect(() => () => runs.current!.end(), []);
  const verify = useCallback(
    (options: VerifyOptions = {}) => runs.current!.verify(client, options),
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
            if (!own.signal.aborted) latest.current.onError?.(asHumanPassError(error));
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
