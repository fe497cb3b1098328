import { type Components, componentsOf } from './components.ts';
import { GAP, type Trace } from './trace.ts';

/** A length of movement that is compared as a whole. */
export interface Scale {
  /** Milliseconds of one stretch, and from one to the next. */
  length: number;
  step: number;
  /** Frames that it needs. */
  fewest: number;
  /** Its so many largest movements may be what was asked for. */
  asked: number;
  /** Squared units of noise that it moves by beside them. */
  leastBeside: number;
  /** What may differ by a share of that: all of the movement, or what is beside the asked. */
  differs: 'all' | 'beside';
  /** So many of them, shown before, and the face moves as it did before. */
  needed: number;
}

/**
 * A turn, a look and a blink that were asked for look alike whenever a person does them: what says that it is the same performance is
 * the movement beside the two or three largest. Short stretches find parts of a recording; one long one finds the recording of a person
 * who hardly moves beside what is asked for.
 */
export const scales = {
  short: {
    length: 1600,
    step: 400,
    fewest: 9,
    needed: 2,
    asked: 2,
    leastBeside: 10,
    differs: 'all',
  },
  long: {
    length: 4000,
    step: 800,
    fewest: 22,
    needed: 1,
    asked: 3,
    leastBeside: 1.5,
    differs: 'beside',
  },
} as const satisfies Record<string, Scale>;

export interface Stretch extends Components {
  from: number;
  to: number;
  /** Its two frames that lie farthest apart in its largest movement. */
  ends: readonly [number, number];
}

/** Those with enough movement to compare. */
export function stretchesOf(
  { at, moments }: Trace,
  { length, step, fewest, asked, leastBeside }: Scale,
): Stretch[] {
  const found: Stretch[] = [];
  let next = Number.NEGATIVE_INFINITY;
  for (let from = 0; from < at.length; from++) {
    if (at[from]! < next) continue;
    let to = from;
    let seen = true;
    while (to < at.length && at[to]! - at[from]! < length) {
      to++;
      if (to < at.length && at[to]! - at[to - 1]! > GAP) seen = false;
    }
    if (to === at.length) break;
    if (!seen || to - from + 1 < fewest) continue;
    next = at[from]! + step;
    const components = componentsOf(moments, { from, to }, asked);
    if (components.beside < leastBeside) continue;
    found.push({ from, to, ends: endsOf(moments, { from, to }, components.directions[0]!), ...components });
  }
  return found;
}

function endsOf(
  moments: Trace['moments'],
  { from, to }: { from: number; to: number },
  direction: readonly number[],
): [number, number] {
  let [low, high] = [from, from];
  const along = (i: number) => direction.reduce((sum, share, d) => sum + share * moments[i]![d]!, 0);
  for (let i = from; i <= to; i++) {
    if (along(i) < along(low)) low = i;
    if (along(i) > along(high)) high = i;
  }
  return [low, high];
}
