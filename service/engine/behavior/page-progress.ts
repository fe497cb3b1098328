import { hash } from 'node:crypto';
import { z } from 'zod';
import { SessionData } from './session-data.ts';

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

/** What is kept of the first time that a vector came. */
export interface FirstSight {
  sid: string;
  seq: number;
  upMs: number;
}

/**
 * Names the measurements of a window without its head (session, number, times), so that a vector is known again under another
 * head. Undefined where too little was measured: two people who press one button leave the same figures.
 */
export function vectorFingerprint(data: SessionData): string | undefined {
  if (data.mouse.n < 3 && data.key.n < 8) return undefined;
  return hash('sha256', fillFigures(data), 'base64url').slice(0, 22);
}

/**
 * True for the same measurements again: from another session, in the very same window, or when the window in which they were made has
 * passed. A page that asks twice within one window without any event between repeats them rightly, each time with another number or at
 * another moment, and its requests may overtake each other.
 */
export function isReplay(first: FirstSight, { sid, seq, upMs, winMs }: SessionData): boolean {
  const sameWindow = seq === first.seq && upMs === first.upMs;
  return sid !== first.sid || sameWindow || Math.abs(upMs - first.upMs) > winMs;
}

type Path = readonly [section: string, figure: string, inside?: string];

/** Where the figures of a schema lie, in order of their names. */
function pathsOf(section: string, { shape }: z.ZodObject, leave: readonly string[] = []): Path[] {
  const figures = Object.entries(shape).filter(([name]) => !leave.includes(name));
  return figures
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, figure]): Path[] =>
      figure instanceof z.ZodObject
        ? Object.keys(figure.shape)
            .toSorted()
            .map((inside) => [section, name, inside])
        : [[section, name]],
    );
}

const { shape } = SessionData;
const paths = [
  ...(['counts', 'mouse', 'click', 'key', 'scroll', 'glob'] as const).flatMap((section) =>
    pathsOf(section, shape[section]),
  ),
  // Left out is what says of itself that a program made it.
  ...pathsOf('env', shape.env, ['wd', 'untrusted']),
];

/** Beyond every figure in thousandths. */
const NULL = 1e300;
const ABSENT = -1e300;

/** All figures in thousandths: other spellings of one number are one number. Filled again for each window. */
const figures = new Float64Array(paths.length);

function fillFigures(data: SessionData): Uint8Array {
  const sections = data as unknown as Record<string, Record<string, unknown>>;
  for (let i = 0; i < paths.length; i++) {
    const [section, figure, inside] = paths[i]!;
    const found = sections[section]![figure];
    const value = inside === undefined ? found : (found as Record<string, unknown>)[inside];
    if (typeof value === 'number') figures[i] = Math.round(value * 1_000) + 0;
    else figures[i] = value === null ? NULL : ABSENT;
  }
  return new Uint8Array(figures.buffer);
}
