import type { SessionData } from './session-data.ts';

/** The last window of one page (`sid`) and when it came: the next one has to follow from it. Figures alone; JSON. */
export interface PageProgress {
  seq: number;
  upMs: number;
  /** Events in the window. */
  events: number;
  /** Largest difference so far of our clock and the page's, ms. */
  ahead: number;
  /** Arrival by a clock that advances evenly, ms since 1970, and when that clock began; absent in states of before it was kept. */
  at: number;
  since?: number;
}

/** How much later than another a request of a page may arrive, ms: queues, retries, a server between page and appliance. */
const LATE = 60_000;
/** Milliseconds after which a page is no longer compared with its last window. */
const COMPARED = 10 * 60_000;
const ROUNDING = 1_000;

/**
 * Whether a window follows from the last one of its page: numbers and page clock rise together, events come with a new number, and the
 * page's clock does not run faster than ours. A page that sleeps is slower, and requests may overtake each other. After a restart our clock is
 * another one, and only the order counts. What contradicts changes nothing that is kept.
 */
export function followPage(
  last: PageProgress | undefined,
  { seq, upMs, counts }: Pick<SessionData, 'seq' | 'upMs' | 'counts'>,
  { now: arrived, begun: since }: { now: number; begun: number },
): { progress: PageProgress; contradicts: boolean } {
  const events = Object.values(counts).reduce((all, one) => all + one, 0);
  const now = { seq, upMs, events, ahead: arrived - upMs, at: arrived, since };
  // A clock that began anew may be behind.
  if (last === undefined || arrived < last.at || arrived - last.at > COMPARED)
    return { progress: now, contradicts: false };
  if (isDisordered(last, now)) return { progress: last, contradicts: true };
  const overtaken = seq < last.seq || upMs < last.upMs;
  if (last.since !== since) return { progress: overtaken ? last : now, contradicts: false };
  if (overtaken) return { progress: last, contradicts: now.ahead > last.ahead + LATE };
  if (now.ahead < last.ahead - LATE) return { progress: last, contradicts: true };
  return { progress: { ...now, ahead: Math.max(now.ahead, last.ahead) }, contradicts: false };
}

function isDisordered(last: PageProgress, now: PageProgress): boolean {
  const later = now.upMs - last.upMs;
  if (now.seq !== last.seq) return (now.seq > last.seq ? -later : later) > ROUNDING;
  // The number stays while nothing happens: events only leave such a window.
  return (later >= 0 && now.events > last.events) || (later <= 0 && now.events < last.events);
}
