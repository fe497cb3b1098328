import { ProofError } from './proof-error.ts';
import type { PresenceSession } from './proof-messages.ts';
import { sleep } from './repeats.ts';

export interface WaitOptions {
  /** Ends the wait with its reason. */
  signal?: AbortSignal;
  /** Milliseconds between two questions; 2,000 when absent. */
  intervalMs?: number;
  /** Milliseconds until the wait ends; five minutes when absent. */
  timeoutMs?: number;
}

const INTERVAL = 2_000;
const TIMEOUT = 5 * 60_000;

/** Asks until the session is verified. What may pass (no answer, an overloaded appliance) is asked again. */
export async function waitForPresence(
  read: (signal: AbortSignal | undefined) => Promise<PresenceSession>,
  { signal, intervalMs = INTERVAL, timeoutMs = TIMEOUT }: WaitOptions,
): Promise<PresenceSession> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await readOnce(read, signal);
    if (found.session?.status === 'VERIFIED') return found.session;
    if (found.session?.status === 'EXPIRED')
      throw new ProofError('PRESENCE_EXPIRED', 'The presence session expired before the person appeared.');
    if (found.session?.status === 'CANCELLED')
      throw new ProofError('PRESENCE_CANCELLED', cancelled(found.session), { reason: found.session.reason });
    const pause = Math.max(intervalMs, (found.error?.retryAfterSeconds ?? 0) * 1000);
    if (Date.now() + pause > end)
      throw new ProofError(
        'PRESENCE_TIMEOUT',
        `The person did not appear within ${timeoutMs / 1000} seconds.`,
        {
          cause: found.error,
        },
      );
    await sleep(pause, signal);
  }
}

async function readOnce(
  read: (signal: AbortSignal | undefined) => Promise<PresenceSession>,
  signal: AbortSignal | undefined,
): Promise<{ session?: PresenceSession; error?: ProofError }> {
  try {
    return { session: await read(signal) };
  } catch (error) {
    if (!(error instanceof ProofError) || !mayPass(error)) throw error;
    return { error };
  }
}

const mayPass = ({ code, status = 0 }: ProofError): boolean =>
  (code === 'NO_ANSWER' && status === 0) || status === 429 || status >= 500;

function cancelled({ reason }: PresenceSession): string {
  const why = {
    caller: 'it was cancelled',
    declined: 'the person declined',
    not_verified: 'no enrolled person was recognized',
    another_person: 'another person appeared than the one it is locked to',
  };
  return `The presence session ended without a token: ${why[reason ?? 'caller']}.`;
}
