import type { Press, Stroke, Typed } from '../../../sdk/gatehouse/src/collector/features/index.ts';
import type { RecordedEvent, Trace } from '../../bots/trace.ts';
import type { Track } from './track.ts';

const countOf = {
  pointermove: ['move'],
  pointerdown: ['down'],
  pointerup: ['up'],
  keydown: ['keyDown'],
  keyup: ['keyUp'],
  input: ['input'],
  paste: ['paste'],
  wheel: ['wheel'],
  scroll: ['scroll'],
} as const;
const isCounted = (is: string): is is keyof typeof countOf => is in countOf;

/** A recorded session as the listeners of the collector get it. */
export function trackOfTrace({ bot, seed, events, environment }: Trace): Track {
  const counted = events.filter(({ is }) => isCounted(is));
  const moves = events.filter((event) => event.is === 'pointermove');
  // The collector asks one move in sixteen.
  const coalesced = moves.filter((_, i) => i % 16 === 15).map((move) => move.coalesced ?? 0);
  return {
    session: `${bot}-${seed}`,
    from: 0,
    to: environment.now,
    moves: moves.map(({ t, x, y }) => ({ t, x, y })),
    presses: pressesOf(events),
    ...keysOf(events),
    scrolls: events.filter((event) => event.is === 'scroll').map(({ t, y }) => ({ t, y })),
    events: counted
      .filter((event) => !('repeat' in event && event.repeat))
      .map(({ is, t, trusted }) => ({
        t,
        counts: isCounted(is) ? countOf[is] : [],
        untrusted: !trusted && /^(pointer|key)/.test(is),
      })),
    webdriver: environment.webdriver,
    pixelRatio: environment.dpr,
    coalesced:
      coalesced.length === 0 ? undefined : coalesced.reduce((sum, n) => sum + n, 0) / coalesced.length,
  };
}

function pressesOf(events: readonly RecordedEvent[]): Press[] {
  const presses: Press[] = [];
  for (const event of events) {
    if (event.is === 'pointerdown') {
      const { t, x, y, box, beyond = false } = event;
      const isElement =
        box !== undefined && box.width > 0 && box.height > 0 && !/^(HTML|BODY)$/.test(box.element);
      presses.push({
        t,
        x,
        y,
        kind: event.pointer as Press['kind'],
        ...(beyond && { beyond }),
        ...(isElement && {
          offset: {
            x: (x - box.x) / box.width - 0.5,
            y: (y - box.y) / box.height - 0.5,
            width: box.width,
            height: box.height,
          },
        }),
      });
    } else if (event.is === 'pointerup') {
      const last = presses.at(-1);
      if (last !== undefined && last.held === undefined) last.held = event.t - last.t;
    }
  }
  return presses;
}

function keysOf(events: readonly RecordedEvent[]): { strokes: Stroke[]; typed: Typed[] } {
  const strokes: Stroke[] = [];
  const typed: Typed[] = [];
  const held = new Map<number, Stroke>();
  let keyed = false;
  let last: number | undefined;
  for (const event of events) {
    if (event.is === 'keydown' && !event.repeat) {
      keyed = true;
      const stroke: Stroke = { down: event.t, again: event.key === last };
      last = event.key;
      strokes.push(stroke);
      held.set(event.key, stroke);
    } else if (event.is === 'keyup') {
      const stroke = held.get(event.key);
      if (stroke !== undefined) stroke.up = event.t;
      held.delete(event.key);
    } else if (event.is === 'input' && event.inputType === 'insertText') {
      typed.push({ t: event.t, keyed });
      keyed = false;
    }
  }
  return { strokes, typed };
}
