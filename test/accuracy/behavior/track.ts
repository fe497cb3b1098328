import {
  type RawWindow,
  type SessionData,
  sessionDataOf,
  type WindowFacts,
} from '../../../sdk/gatehouse/src/collector/features/index.ts';

type Counted = WindowFacts['counts'];

/** Everything that is known of one session, on one clock in ms, oldest first: what the collector's listeners would have kept. */
export interface Track extends Omit<RawWindow, 'from' | 'to' | 'times'> {
  session: string;
  from: number;
  to: number;
  events: readonly { t: number; counts: readonly (keyof Counted)[]; untrusted?: boolean }[];
  webdriver: boolean;
  pixelRatio: number;
  /** Mean number of samples in one event. */
  coalesced?: number | undefined;
}

export type TimedList = 'moves' | 'presses' | 'strokes' | 'typed' | 'scrolls' | 'events';

const none: Counted = {
  move: 0,
  down: 0,
  up: 0,
  keyDown: 0,
  keyUp: 0,
  input: 0,
  paste: 0,
  wheel: 0,
  scroll: 0,
  touch: 0,
};

/** The vector that the collector would send at `to` of the window that began at `from`. */
export function vectorOf(track: Track, from: number, to: number, seq = 1): SessionData {
  const inside = <T>(list: readonly T[], timeOf: (item: T) => number): T[] =>
    list.filter((item) => timeOf(item) >= from && timeOf(item) <= to);
  const events = inside(track.events, ({ t }) => t);
  const counts = { ...none };
  for (const event of events) for (const name of event.counts) counts[name] += 1;
  // A release after the snapshot is not known yet.
  const presses = inside(track.presses, ({ t }) => t).map((press) =>
    press.held !== undefined && press.t + press.held > to ? without(press, 'held') : press,
  );
  const strokes = inside(track.strokes, ({ down }) => down).map((stroke) =>
    stroke.up !== undefined && stroke.up > to ? without(stroke, 'up') : stroke,
  );
  const first = track.events[0]?.t;
  return sessionDataOf(
    {
      from,
      to,
      moves: inside(track.moves, ({ t }) => t),
      presses,
      strokes,
      typed: inside(track.typed, ({ t }) => t),
      scrolls: inside(track.scrolls, ({ t }) => t),
      times: events.map(({ t }) => t).sort((a, b) => a - b),
    },
    {
      sid: sidOf(track.session),
      seq,
      upMs: to - track.from,
      ttfaMs: first === undefined ? undefined : first - track.from,
      hidMs: 0,
      counts,
      webdriver: track.webdriver,
      untrusted: events.filter(({ untrusted }) => untrusted).length,
      coalesced: track.coalesced,
      // No set and no bot has touch or pen.
      pointers: { mouse: counts.move + counts.down + counts.up, pen: 0, touch: 0 },
      pixelRatio: track.pixelRatio,
    },
  );
}

function without<T extends object, Name extends keyof T>(item: T, name: Name): Omit<T, Name> {
  const { [name]: _, ...rest } = item;
  return rest;
}

const sidOf = (session: string): string =>
  session
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .padEnd(16, '_')
    .slice(0, 64);
