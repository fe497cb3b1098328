import type { Stroke, Typed } from './raw-window.ts';
import { deviation, gaps, median, quantile, shareNearMedian, shareOf } from './statistics.ts';

/** A longer pause is no rhythm: milliseconds between two presses. */
const LONGEST_RHYTHM = 2_000;
const HOLD_NEAR = 4;
const RHYTHM_NEAR = 6;
/** A key that goes down this soon after the release before: a program that presses one after the other. Milliseconds. */
const RELAY = 8;
/** Clocks that privacy modes and old systems round to: milliseconds, and how far a rounded time is off. */
const COARSE_CLOCKS = [
  { tick: 10, off: 0.06 },
  { tick: 15.625, off: 1 },
  { tick: 16, off: 1 },
  { tick: 1_000 / 60, off: 1 },
];

/** Group `key` of `sessionData`, before rounding, without `paste`. */
export function keyFeatures(strokes: readonly Stroke[], typed: readonly Typed[]) {
  const held = strokes.filter(({ up }) => up !== undefined).map(({ down, up }) => up! - down);
  const rhythm = gaps(strokes.map(({ down }) => down)).filter((gap) => gap > 0 && gap <= LONGEST_RHYTHM);
  const coarse = isCoarse(held, rhythm);
  const pairs = strokes.slice(0, -1).filter(({ up }) => up !== undefined);
  const followed = new Map(strokes.map((stroke, at) => [stroke, strokes[at + 1]]));
  return {
    n: held.length,
    hold: coarse ? undefined : median(held),
    holdP10: coarse ? undefined : quantile(held, 0.1),
    holdNear: coarse ? undefined : shareNearMedian(held, HOLD_NEAR),
    ddNear: coarse ? undefined : shareNearMedian(rhythm, RHYTHM_NEAR),
    dd: median(rhythm),
    ddLsd: coarse ? undefined : deviation(rhythm.map(Math.log)),
    relay: coarse ? undefined : relayOf(pairs, followed),
    roll: shareOf(pairs, (stroke) => followed.get(stroke)!.down < stroke.up!),
    inNoKey: shareOf(typed, ({ keyed }) => !keyed),
    nIn: typed.length,
  };
}

/** Of keys that follow another without a pause: the share pressed right after its release. At the very same time is a rounded clock. */
function relayOf(
  strokes: readonly Stroke[],
  followed: ReadonlyMap<Stroke, Stroke | undefined>,
): number | undefined {
  const flights = strokes
    .map((stroke) => followed.get(stroke)!.down - stroke.up!)
    .filter((flight) => flight <= LONGEST_RHYTHM);
  return shareOf(flights, (flight) => flight > 0 && flight <= RELAY);
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
