import type { PointerSample, Press } from './raw-window.ts';
import { deviation, median, quantile, shareOf } from './statistics.ts';

/** A click this near to the center of its element, in its width and height or in pixels, hits the center. */
const CENTER = 0.02;
const CENTER_PIXELS = 1;
/** Milliseconds before a press in which the mouse approaches, the pixels that ask for an approach, and the events that make one. */
const APPROACH = 1_500;
const FAR = 20;
const FEWEST_MOVES = 3;

/** Group `click` of `sessionData`, before rounding. How long a button was held and how it was approached: of the mouse alone. */
export function clickFeatures(all: readonly Press[], moves: readonly PointerSample[]) {
  const presses = all.filter(({ aided }) => !aided);
  const clicks = presses.filter(({ held }) => held !== undefined);
  const ofMouse = clicks.filter(({ kind }) => kind === 'mouse');
  const held = ofMouse.map((press) => press.held!);
  const offsets = known(clicks.map(({ offset }) => offset));
  const approaches = ofMouse.map((press) => approachOf(press, presses, moves));
  const jumps = known(approaches.map(({ jumped }) => jumped));
  return {
    n: clicks.length,
    press: median(held),
    pressSd: deviation(held),
    pressMin: quantile(held, 0),
    ctr: shareOf(offsets, isCenter),
    off: median(offsets.map(({ x, y }) => Math.hypot(x, y))),
    nOff: offsets.length,
    tele: shareOf(jumps, (jumped) => jumped),
    dwell: median(known(approaches.map(({ dwell }) => dwell))),
    aid: all.length - presses.length,
    gap: median(known(approaches.map(({ gap }) => gap))),
    emu: shareOf(ofMouse, ({ beyond }) => beyond === true),
  };
}

const known = <Value>(values: readonly (Value | undefined)[]): Value[] =>
  values.filter((value) => value !== undefined);

function isCenter({ x, y, width, height }: NonNullable<Press['offset']>): boolean {
  const near = (offset: number, size: number) =>
    Math.abs(offset) <= CENTER || Math.abs(offset * size) <= CENTER_PIXELS;
  return near(x, width) && near(y, height);
}

/** How the mouse reached a press, and how long after one at another place. `jumped` is `undefined` where it is not known from where the mouse came. */
function approachOf(press: Press, presses: readonly Press[], moves: readonly PointerSample[]) {
  const last = lastBefore(moves, press.t);
  const dwell = last < 0 ? undefined : press.t - moves[last]!.t;
  const before = presses.filter(({ t, kind }) => t < press.t && kind === 'mouse').at(-1);
  const isFar = (from: PointerSample) => Math.hypot(press.x - from.x, press.y - from.y) > FAR;
  const gap = before && isFar(before) ? press.t - before.t : undefined;
  const since = Math.max(press.t - APPROACH, before?.t ?? Number.NEGATIVE_INFINITY);
  let first = last + 1;
  while (first > 0 && moves[first - 1]!.t > since) first -= 1;
  const count = last - first + 1;
  if (count >= FEWEST_MOVES) return { dwell, gap, jumped: false };
  const origin = later(moves[first - 1], before);
  return { dwell, gap, jumped: origin && isFar(origin) };
}

function later(a: PointerSample | undefined, b: PointerSample | undefined): PointerSample | undefined {
  return a && b ? (a.t > b.t ? a : b) : (a ?? b);
}

/** Index of the last sample at or before `t`; -1: none. */
function lastBefore(samples: readonly PointerSample[], t: number): number {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle]!.t <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
