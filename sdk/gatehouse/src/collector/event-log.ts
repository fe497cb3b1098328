import type { PointerKind, RawWindow, WindowFacts } from './features/index.ts';
import type { FocusChange, PointerSample, Press, ScrollStep, Stroke, Typed } from './features/raw-window.ts';
import { createRing } from './ring.ts';

type Counted = keyof WindowFacts['counts'];

interface Logged {
  t: number;
  what: Counted | 'untrusted';
  pointer?: PointerKind | undefined;
}

/** Entries of each kind that are kept at most; at 60 events a second a window has 1,800. */
const CAPACITY = 4_000;
const FEW = 500;

/** Numbers of the last events. Nothing else of an event is kept: no key, no text, no element, no address. */
export function createEventLog() {
  const rings = {
    logged: createRing<Logged>(CAPACITY),
    moves: createRing<PointerSample>(CAPACITY),
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
    count(what: Logged['what'], t: number, pointer?: PointerKind): void {
      rings.logged.add({ t, what, pointer });
      counted += 1;
      if (what !== 'untrusted') first ??= t;
    },
    /** Events since the beginning. */
    counted: (): number => counted,
    /** When the person first did something. */
    firstAction: (): number | undefined => first,
    clear(): void {
      for (const ring of Object.values(rings)) ring.clear();
    },
    /** The window that ends at `to`: as long as asked for, shorter where events of it are no longer kept. */
    window(start: number, to: number) {
      const lost = [rings.logged.newestDropped()?.t, rings.moves.newestDropped()?.t];
      const from = Math.min(to, Math.max(start, ...lost.map((t) => t ?? start)));
      const within = ({ t }: { t: number }) => t >= from && t <= to;
      const logged = rings.logged.where(within);
      const own = logged.filter(({ what }) => what !== 'untrusted');
      const raw: RawWindow = {
        from,
        to,
        moves: rings.moves.where(within),
        presses: rings.presses.where(within),
        strokes: rings.strokes.where(({ down }) => down >= from && down <= to),
        typed: rings.typed.where(within),
        scrolls: rings.scrolls.where(within),
        focuses: rings.focuses.where(within),
        times: own.map(({ t }) => t).sort((a, b) => a - b),
      };
      const sampled = rings.coalesced.where(within);
      const ofPointer = (kind: PointerKind) => own.filter(({ pointer }) => pointer === kind).length;
      return {
        raw,
        counts: countsOf(own),
        untrusted: logged.length - own.length,
        pointers: { mouse: ofPointer('mouse'), pen: ofPointer('pen'), touch: ofPointer('touch') },
        coalesced:
          sampled.length === 0 ? undefined : sampled.reduce((all, { n }) => all + n, 0) / sampled.length,
      };
    },
  };
}

export type EventLog = ReturnType<typeof createEventLog>;

function countsOf(logged: readonly Logged[]): WindowFacts['counts'] {
  const counts = {
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
  for (const { what, pointer } of logged) {
    counts[what as Counted] += 1;
    if (what === 'down' && pointer === 'touch') counts.touch += 1;
  }
  return counts;
}
