import { type Heartbeat, type HumaError, isOutage } from './behavior-requests.ts';

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

/** Sends heartbeats until the service refuses one (then it calls `refused`), or until the function is called that it returns. */
export function repeatHeartbeats(
  send: () => Promise<Heartbeat>,
  options: SessionOptions,
  refused: () => void,
): () => void {
  const wait = Math.max(SHORTEST_INTERVAL, options.intervalMs ?? options.interval ?? INTERVAL);
  let ended = false;
  let timer: ReturnType<typeof setTimeout>;
  const next = () => {
    timer = setTimeout(step, wait);
  };
  async function step(): Promise<void> {
    if (document.hidden) return next();
    const result = await send().catch((error: HumaError) => error);
    if (ended) return;
    // Planned before the callbacks run, so that one that throws or stops does what it says.
    if (goesOn(result)) next();
    else refused();
    report(result, options);
  }
  next();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

const goesOn = (result: Heartbeat | HumaError): boolean =>
  !(result instanceof Error) || isOutage(result) || result.status === 429;

function report(result: Heartbeat | HumaError, { onResult, onAnomaly, onError }: SessionOptions): void {
  if (result instanceof Error) {
    onError?.(result);
    return;
  }
  onResult?.(result);
  if (result.anomaly || result.action === 'block') onAnomaly?.(result);
}
