import type HumanPassClient from './humanpass.ts';
import type { HumanPassResult, VerifyOptions } from './humanpass.ts';
import { HumanPassError } from './humanpass-error.ts';

export interface RunState {
  /** `idle` before the first call. */
  state: 'idle' | 'running' | 'done' | 'failed';
  result?: HumanPassResult;
  error?: HumanPassError;
}

export interface Runs {
  verify(
    client: Pick<HumanPassClient, 'verify'>,
    options: VerifyOptions,
  ): Promise<HumanPassResult | undefined>;
  /** Nothing is shown from now on. */
  end(): void;
}

/** The verifications of one component, one at a time: a new one ends the one before. The newest is shown to its end, however it ends. */
export function createRuns(show: (state: RunState) => void): Runs {
  let newest: AbortController | undefined;
  return {
    async verify(client, options) {
      newest?.abort();
      const own = new AbortController();
      newest = own;
      const showOwn = (next: RunState) => {
        if (newest === own) show(next);
      };
      showOwn({ state: 'running' });
      const abort = () => own.abort();
      const { signal: given } = options;
      if (given?.aborted) abort();
      given?.addEventListener('abort', abort);
      try {
        const result = await client.verify({ ...options, signal: own.signal });
        showOwn({ state: 'done', result });
        return result;
      } catch (error) {
        showOwn({ state: 'failed', error: asHumanPassError(error) });
        if (!(error instanceof HumanPassError)) throw error;
        return undefined;
      } finally {
        given?.removeEventListener('abort', abort);
      }
    },
    end() {
      newest?.abort();
      newest = undefined;
    },
  };
}

/** Of what is none: the call itself was wrong, such as metadata that cannot be written as JSON. */
export const asHumanPassError = (error: unknown): HumanPassError =>
  error instanceof HumanPassError
    ? error
    : new HumanPassError('INVALID_ARGUMENT', error instanceof Error ? error.message : String(error), {
        cause: error,
      });
