import type { PointerKind, RawWindow, WindowFacts } from './features/index.ts';
import type { FocusChange, PointerSample, Press, ScrollStep, Stroke, Typed } from './features/raw-window.ts';
import { mean, sorted } from './features/statistics.ts';
import { createNumberRing } from './number-ring.ts';
import { createRing } from './ring.ts';

/** What is counted; the row of an event has the place of its name here. */
const COUNTED = [
  'move',
  'down',
  'up',
  'keyDown',
  'keyUp',
  'input',
  'paste',
  'wheel',
  'scroll',
  'untrusted',
] as const;
const DOWN = COUNTED.indexOf('down');
const UNTRUSTED = COUNTED.indexOf('untrusted');
const POINTERS = ['mouse', 'pen', 'touch'] as const;
const TOUCH = POINTERS.indexOf('touch');
/** The place of a pointer in the row of an event that has none. */
const NO_POINTER = -1;

/** Events, and moves, that are kept at most: half a minute at 240 a second has 7,200. */
const CAPACITY = 8_000;
/** The same of the others. */
const FEW = 500;

/** Numbers of the last events. Nothing else of an event is kept: no key, no text, no element, no address. */
export function createEventLog() {
  const logged = createNumberRing(CAPACITY);
  const moves = createNumberRing(CAPACITY);
  const rings = {
    presses: createRing<Press>(FEW),
    strokes: createRing<Stroke>(FEW),
    typed: createRing<Typed>(FEW),
    scrolls: createRing<ScrollStep>(FEW),
    focuses: createRing<FocusChange>(FEW),
    coalesced: createRing<{ t: number; n: number }>(FEW),
  };
  let first: number | undefined;
  let counted = 0;

  return {
    ...rings,
    count(what: (typeof COUNTED)[number], t: number, pointer?: PointerKind): void {
      logged.add(t, COUNTED.indexOf(what), POINTERS.indexOf(pointer as PointerKind));
      counted += 1;
      if (what !== 'untrusted') first ??= t;
    },
    /** A place of the mouse: CSS pixels. */
    addMove: (t: number, x: number, y: number): void => moves.add(t, x, y),
    /** Places of the mouse from one time to another, oldest first. */
    moves: (from: number, to: number): PointerSample[] => movesIn(moves, from, to),
    /** Events since the beginning. */
    counted: (): number => counted,
    /** When the person first did something. */
    firstAction: (): number | undefined => first,
    clear(): void {
      for (const ring of [logged, moves, ...Object.values(rings)]) ring.clear();
    },
    /** The window that ends at `to`: as long as asked for, shorter where events of it are no longer kept. */
    window(start: number, to: number) {
      const lost = [logged.newestDropped() ?? start, moves.newestDropped() ?? start];
      const from = Math.min(to, Math.max(start, ...lost));
      const within = ({ t }: { t: number }) => t >= from && t <= to;
      const { times, ...facts } = countedIn(logged, from, to);
      const raw: RawWindow = {
        from,
        to,
        moves: movesIn(moves, from, to),
        presses: rings.presses.where(within),
        strokes: rings.strokes.where(({ down }) => down >= from && down <= to),
        typed: rings.typed.where(within),
        scrolls: rings.scrolls.where(within),
        focuses: rings.focuses.where(within),
        times,
      };
      return {
        raw,
        ...facts,
        coalesced: mean(rings.coalesced.where(within).map(({ n }) => n)),
      };
    },
  };
}

export type EventLog = ReturnType<typeof createEventLog>;

type NumberRing = ReturnType<typeof createNumberRing>;

function movesIn(ring: NumberRing, from: number, to: number): PointerSample[] {
  const moves: PointerSample[] = [];
  ring.each((t, x, y) => {
    if (t <= to) moves.push({ t, x, y });
  }, from);
  return moves;
}

/** Events by name and by pointer, and the times of those that no script made, in order. */
function countedIn(ring: NumberRing, from: number, to: number) {
  const byName = COUNTED.map(() => 0);
  const byPointer = POINTERS.map(() => 0);
  const times: number[] = [];
  let touches = 0;
  ring.each((t, place, pointer) => {
    if (t < from || t > to) return;
    byName[place]! += 1;
    if (place === UNTRUSTED) return;
    if (pointer !== NO_POINTER) byPointer[pointer]! += 1;
    if (place === DOWN && pointer === TOUCH) touches += 1;
    times.push(t);
  });
  const { untrusted, ...counts } = named(COUNTED, byName);
  return {
    counts: { ...counts, touch: touches } satisfies WindowFacts['counts'],
    untrusted,
    pointers: named(POINTERS, byPointer),
    times: sorted(times),
  };
}

const named = <Name extends string>(names: readonly Name[], values: readonly number[]) =>
  Object.fromEntries(names.map((name, at) => [name, values[at]!])) as Record<Name, number>;
