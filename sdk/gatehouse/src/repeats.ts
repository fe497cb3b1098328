import { toHex } from './hmac.ts';

/** Milliseconds before the first repeat; doubled before each further one. */
const PAUSE = 500;
/** Seconds of `Retry-After` that a call waits at most. */
const LONGEST_WAIT = 20;

export interface Failure {
  code: string;
  /** Of the answer; absent where none came. */
  status?: number | undefined;
  retryAfterSeconds?: number | undefined;
}

/**
 * Milliseconds until the request may be sent again; undefined: never. `isSafe`: a repeat has no second effect, because the request changes
 * nothing or carries an idempotency key. Any request may be repeated that was refused before anything was done.
 */
export function pauseBefore(
  { code, status, retryAfterSeconds = 0 }: Failure,
  { failed, isSafe }: { failed: number; isSafe: boolean },
): number | undefined {
  if (retryAfterSeconds > LONGEST_WAIT || !mayPass(code, status, retryAfterSeconds, isSafe)) return undefined;
  const backoff = PAUSE * 2 ** failed * (0.75 + Math.random() / 2);
  return Math.max(backoff, retryAfterSeconds * 1000);
}

function mayPass(code: string, status: number | undefined, after: number, isSafe: boolean): boolean {
  if (status === undefined) return isSafe && /^(NO_ANSWER|NETWORK)$/.test(code);
  if (code === 'OVERLOADED' || (status === 429 && after > 0)) return true;
  // 409: the first request with this idempotency key still runs.
  if (status === 409 || status === 503) return isSafe && (after > 0 || /^(NO_ANSWER|NETWORK)$/.test(code));
  return isSafe && (status === 502 || status === 504);
}

/** Rejects with the reason of the signal. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal));
    const stop = () => {
      clearTimeout(timer);
      reject(reasonOf(signal!));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** React Native's signals have no reason. */
export const reasonOf = ({ reason }: AbortSignal): unknown => reason ?? new Error('The call was aborted.');

/** 128 bits; undefined where the platform has no source of chance, as React Native alone. */
export function newIdempotencyKey(): string | undefined {
  const { crypto } = globalThis as { crypto?: { getRandomValues?(bytes: Uint8Array): Uint8Array } };
  const bytes = crypto?.getRandomValues?.(new Uint8Array(16));
  return bytes && toHex(bytes);
}
