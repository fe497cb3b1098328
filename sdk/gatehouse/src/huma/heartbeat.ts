import { ask, type Connection, otherAnswer } from './ask.ts';
import { callBack } from './call-back.ts';
import { HumaError, type Outage, outageOf } from './huma-error.ts';
import { lastToken } from './last-token.ts';
import { LONGEST_TIMER } from './longest-timer.ts';
import type { SessionAction, SessionResult } from './messages.ts';
import { featuresOfPage } from './page-collector.ts';
import type { Signals } from './signals.ts';

export interface SessionOptions extends Connection {
  userId: string;
  /** Of `verify` or of a passed challenge; the page's last one when absent. The empty one of an outage begins no session. */
  token?: string | undefined;
  /** Milliseconds between two heartbeats; 30,000 when absent. */
  intervalMs?: number | undefined;
  /** The same as `intervalMs`, which wins. */
  interval?: number | undefined;
  onAnomaly?: ((action: SessionAction, result: SessionResult) => void) | undefined;
  onResult?: ((result: SessionResult) => void) | undefined;
  /** A heartbeat without an answer. The next one follows, later and later. */
  onOutage?: ((outage: Outage) => void) | undefined;
  /** The service refused: the token is over, or the call is wrong. No heartbeat follows. */
  onError?: ((error: HumaError) => void) | undefined;
}

const INTERVAL = 30_000;
const SHORTEST = 1_000;
const LONGEST_PAUSE = 5 * 60_000;

/** Sends a heartbeat again and again until `stop`. The first one follows after the first interval: before it there is nothing to judge. */
export function startSession(options: SessionOptions): { stop(): void } {
  const every = intervalOf(options);
  if (options.token === '') return { stop() {} };
  const token = options.token ?? lastToken().of(options.userId);
  if (!token)
    throw new HumaError(
      'INVALID_ARGUMENT',
      'Give token, or call verify() for this user in this page before.',
    );
  const ended = new AbortController();
  const stop = () => ended.abort();
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener('abort', stop, { signal: ended.signal });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let missed = 0;
  const next = (pause: number) => {
    if (!ended.signal.aborted) timer = setTimeout(() => void step(), Math.min(pause, LONGEST_TIMER));
  };
  const step = async () => {
    const beat = await beatOnce({ ...options, token, signal: ended.signal });
    if (ended.signal.aborted) return;
    missed = beat.is === 'outage' ? missed + 1 : 0;
    // Planned before the callbacks run, so that one that throws or stops does what it says.
    if (beat.is === 'refused') stop();
    else next(pauseAfter(beat, every, missed));
    report(beat, options);
  };
  ended.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  next(every);
  return { stop };
}

function intervalOf({ intervalMs, interval }: SessionOptions): number {
  const every = intervalMs ?? interval ?? INTERVAL;
  if (every >= SHORTEST && every <= LONGEST_TIMER) return every;
  throw new HumaError(
    'INVALID_ARGUMENT',
    `interval is a number of milliseconds from ${SHORTEST}: 45_000 for 45 seconds.`,
  );
}

type Beat =
  | { is: 'answered'; result: SessionResult }
  | { is: 'outage'; outage: Outage }
  | { is: 'limited'; seconds: number }
  | { is: 'refused'; error: HumaError };

async function beatOnce(options: SessionOptions & { token: string }): Promise<Beat> {
  try {
    return { is: 'answered', result: await heartbeat(options, featuresOfPage()) };
  } catch (error) {
    const outage = outageOf(error);
    if (outage) return { is: 'outage', outage };
    if (error instanceof HumaError && error.status === 429)
      return { is: 'limited', seconds: error.retryAfterSeconds ?? 0 };
    const known = error instanceof HumaError;
    return {
      is: 'refused',
      error: known ? error : new HumaError('INVALID_ARGUMENT', String(error), { cause: error }),
    };
  }
}

function pauseAfter(beat: Beat, every: number, missed: number): number {
  if (beat.is === 'outage') return Math.max(every, Math.min(every * 2 ** missed, LONGEST_PAUSE));
  return beat.is === 'limited' ? Math.max(every, beat.seconds * 1000) : every;
}

function report(beat: Beat, { onResult, onAnomaly, onOutage, onError }: SessionOptions): void {
  if (beat.is === 'outage') callBack(onOutage, beat.outage);
  if (beat.is === 'refused') callBack(onError, beat.error);
  if (beat.is !== 'answered') return;
  const { result } = beat;
  callBack(onResult, result);
  if (result.anomaly || result.action === 'block') callBack(onAnomaly, result.action, result);
}

/** One heartbeat. */
async function heartbeat(
  { userId, token, ...connection }: Connection & { userId: string; token: string },
  sessionData: Signals | undefined,
): Promise<SessionResult> {
  const body = { userId, sessionToken: token, ...(sessionData !== undefined && { sessionData }) };
  const reply = await ask('/api/v1/session', body, connection);
  const { score, confidence, baseline, delta, anomaly, action, notes } = reply as Partial<SessionResult>;
  const numbers = [score, confidence, baseline, delta];
  if (
    numbers.some((one) => typeof one !== 'number') ||
    typeof anomaly !== 'boolean' ||
    !['allow', 'flag', 'block'].includes(action as string)
  )
    throw otherAnswer('/api/v1/session');
  return {
    score,
    confidence,
    baseline,
    delta,
    anomaly,
    action,
    notes: Array.isArray(notes) ? notes : [],
  } as SessionResult;
}
