import type { Stroke, Typed } from './raw-window.ts';
import { deviation, median, quantile, shareNearMedian, shareOf } from './statistics.ts';

/** A longer pause is no rhythm: milliseconds between two presses. */
const LONGEST_RHYTHM = 2_000;
const HOLD_NEAR = 4;
const RHYTHM_NEAR = 6;
/** A key that goes down this soon after the release before: a program that presses one after the other. Milliseconds. */
const RELAY = 8;
/** Keys that a keyboard, a text expander or dictation taps on a person's behalf are held for less: milliseconds. */
const HELD = 20;
/** Clocks that privacy modes and old systems round to: milliseconds, and how far a rounded time is off. */
const COARSE_CLOCKS = [
  { tick: 10, off: 0.06 },
  { tick: 15.6, off: 1 },
  { tick: 15.625, off: 1 },
  { tick: 16, off: 1 },
  { tick: 1_000 / 60, off: 1 },
];

/** A stroke, and the next one where that is of another key. */
type Pair = readonly [stroke: Stroke, next: Stroke];

/** Group `key` of `sessionData`, before rounding, without `paste`. Strokes that tap the key of the stroke before are left out. */
export function keyFeatures(strokes: readonly Stroke[], typed: readonly Typed[]) {
  const held = strokes
    .filter(({ up, again }) => up !== undefined && !again)
    .map(({ down, up }) => up! - down);
  const pairs = strokes
    .slice(1)
    .map((next, at): Pair => [strokes[at]!, next])
    .filter(([, { again }]) => !again);
  const rhythm = pairs
    .map(([{ down }, next]) => next.down - down)
    .filter((gap) => gap > 0 && gap <= LONGEST_RHYTHM);
  const released = pairs.filter(([{ up }]) => up !== undefined);
  const [holds, gaps, pressed] = isCoarse(held, rhythm) ? [[], [], []] : [held, rhythm, released];
  return {
    n: held.length,
    hold: median(holds),
    holdP10: quantile(holds, 0.1),
    holdNear: shareNearMedian(holds, HOLD_NEAR),
    ddNear: shareNearMedian(gaps, RHYTHM_NEAR),
    dd: median(rhythm),
    ddLsd: deviation(gaps.map(Math.log)),
    relay: relayOf(pressed),
    roll: shareOf(released, ([{ up }, next]) => next.down < up!),
    inNoKey: shareOf(typed, ({ keyed }) => !keyed),
    nIn: typed.length,
  };
}

/** Of keys that follow another without a pause: the share pressed right after its release, where it was held. At the very same time is a rounded clock. */
function relayOf(released: readonly Pair[]): number | undefined {
  const flights = released
    .map(([{ down, up }, next]) => ({ held: up! - down, flight: next.down - up! }))
    .filter(({ flight }) => flight <= LONGEST_RHYTHM);
  return shareOf(flights, ({ held, flight }) => held >= HELD && flight > 0 && flight <= RELAY);
}

/**
 * Whether the clock is rounded so far that holds and rhythm are the clock's own. A program's metronome also repeats one interval, but only
 * one: a person at a coarse clock has several multiples of the tick.
 */
function isCoarse(held: readonly number[], rhythm: readonly number[]): boolean {
  const all = [...held, ...rhythm];
  if (all.length < 8) return false;
  return COARSE_CLOCKS.some(({ tick, off }) => {
    const onTick = (time: number) => Math.abs(time - Math.round(time / tick) * tick) <= off;
    return new Set(rhythm.map((gap) => Math.round(gap / tick))).size >= 3 && all.every(onTick);
  });
}
