import type { SessionData } from '../../../sdk/gatehouse/src/collector/features/index.ts';
import type { Subject } from './sets/data-set.ts';
import { type Track, vectorOf } from './track.ts';

/** One window with what it is known to be: a line of a feature file. */
export interface BehaviorWindow extends Omit<Subject, 'track'> {
  session: string;
  /** Ms from the start of the session. */
  start: number;
  lengthMs: number;
  /** Moves were left out, as a slower recorder does: for training alone. */
  thinned?: true;
  data: SessionData;
}

/** Consecutive windows in which there is an event; `every` 2 takes each second one. A rest shorter than half a window is left out. */
export function windowsOf({ track, ...about }: Subject, lengthMs: number, every = 1): BehaviorWindow[] {
  const windows: BehaviorWindow[] = [];
  const total = Math.max(1, Math.floor((track.to - track.from) / lengthMs + 0.5));
  const slices = sliced(track, lengthMs, total);
  for (let i = 0; i < total; i += every) {
    const from = track.from + i * lengthMs;
    const to = Math.min(from + lengthMs, Math.max(track.to, from + 1));
    const slice = slices[i]!;
    if (slice.events.length === 0) continue;
    const data = vectorOf({ ...slice, from: track.from }, from, to, i + 1);
    windows.push({ ...about, session: track.session, start: from - track.from, lengthMs, data });
  }
  return windows;
}

/** Cuts once, so that a long session is not searched anew for each window. */
function sliced(track: Track, lengthMs: number, total: number): Track[] {
  const slices = Array.from({ length: total }, () => ({
    moves: [] as Track['moves'][number][],
    presses: [] as Track['presses'][number][],
    strokes: [] as Track['strokes'][number][],
    typed: [] as Track['typed'][number][],
    scrolls: [] as Track['scrolls'][number][],
    events: [] as Track['events'][number][],
  }));
  const at = (t: number) => slices[Math.min(total - 1, Math.floor((t - track.from) / lengthMs))]!;
  for (const move of track.moves) at(move.t).moves.push(move);
  for (const press of track.presses) at(press.t).presses.push(press);
  for (const stroke of track.strokes) at(stroke.down).strokes.push(stroke);
  for (const one of track.typed) at(one.t).typed.push(one);
  for (const scroll of track.scrolls) at(scroll.t).scrolls.push(scroll);
  for (const event of track.events) at(event.t).events.push(event);
  return slices.map((slice) => ({ ...track, ...slice }));
}
