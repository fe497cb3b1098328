import { type Rate, rateOf, rateOfCounts } from '../figures.ts';
import { emptyTrack, type Subject } from '../sets/data-set.ts';
import type { WholeStroke } from '../sets/typing-test.ts';
import { type Track, vectorOf } from '../track.ts';
import { type BehaviorWindow, windowsOf } from '../windows.ts';
import { HALF_MINUTE, judged } from './bar.ts';

export const BLOCK = 15;
const LONGEST_WINDOW = 60_000;
export type Strokes = readonly WholeStroke[];

/** What the collector would have kept of a person's keys, each of which brings a letter. */
function trackOfStrokes(session: string, strokes: Strokes): Track {
  const from = strokes[0]?.down ?? 0;
  return {
    ...emptyTrack,
    session,
    from,
    to: Math.max(from, ...strokes.slice(-BLOCK).map(({ up }) => up)) + 1,
    moves: [],
    strokes,
    typed: strokes.map(({ down }) => ({ t: down, keyed: true })),
    events: strokes
      .flatMap(({ down, up }) => [
        { t: down, counts: ['keyDown', 'input'] as const },
        { t: up, counts: ['keyUp'] as const },
      ])
      .sort((a, b) => a.t - b.t),
  };
}

/** Names of the rules that fire on a window of these keys alone. */
export function firedOn(strokes: Strokes): { rules: string[]; coarse: boolean } {
  const track = trackOfStrokes('a-block-of-fifteen-keys', strokes);
  const data = vectorOf(track, track.from, Math.min(track.to, track.from + LONGEST_WINDOW));
  return { rules: judged({ data }).parts.rules.map(({ name }) => name), coarse: data.key.hold === null };
}

/** Blocks that do not overlap; one that lasts longer than a window is none. */
const blocksApart = (strokes: Strokes): Strokes[] =>
  Array.from({ length: Math.floor(strokes.length / BLOCK) }, (_, i) =>
    strokes.slice(i * BLOCK, (i + 1) * BLOCK),
  ).filter((block) => block.at(-1)!.up - block[0]!.down < LONGEST_WINDOW);

interface Counted {
  of: number;
  /** In which any rule fired. */
  hits: number;
  byRule: Record<string, number>;
}

export interface TypistAlarms {
  person: string;
  half: Subject['half'];
  blocks: Counted;
  windows: Counted;
  /** Blocks whose times the collector leaves out, because the clock of the browser is coarse. */
  coarse: number;
}

/** Windows with keys alone. */
export const typedWindows = (
  { person, half, session }: { person: string; half: Subject['half']; session: string },
  strokes: Strokes,
  lengthMs: number,
): BehaviorWindow[] =>
  windowsOf(
    {
      set: 'aalto',
      label: 'human',
      generator: null,
      person,
      half,
      track: trackOfStrokes(session, strokes),
    },
    lengthMs,
  );

/** `sessions`: of one person; neither a block nor a window goes from one into the next. */
export function alarmsOf(person: string, half: Subject['half'], sessions: readonly Strokes[]): TypistAlarms {
  const blocks = sessions.flatMap(blocksApart).map(firedOn);
  const windows = sessions.flatMap((strokes, i) =>
    typedWindows({ person, half, session: `typist-${person}-${i}` }, strokes, HALF_MINUTE),
  );
  return {
    person,
    half,
    blocks: countedOf(blocks.map(({ rules }) => rules)),
    windows: countedOf(windows.map((window) => judged(window).parts.rules.map(({ name }) => name))),
    coarse: blocks.filter((one) => one.coarse).length,
  };
}

function countedOf(fired: readonly string[][]): Counted {
  const byRule: Record<string, number> = {};
  for (const rule of fired.flat()) byRule[rule] = (byRule[rule] ?? 0) + 1;
  return { of: fired.length, hits: fired.filter(({ length }) => length > 0).length, byRule };
}

export interface TypistFigures {
  people: number;
  blocks: Rate;
  windows: Rate;
  /** People in any of whose blocks, or windows, a rule fired. */
  persons: Rate;
  coarse: Rate;
  byRule: { rule: string; blocks: Rate; windows: Rate; persons: number }[];
  worst: { person: string; hits: number; of: number } | undefined;
}

/** Of many typists: shares with intervals over people. */
export function typistFigures(all: readonly TypistAlarms[], rules: readonly string[]): TypistFigures {
  const measured = all.filter(({ blocks }) => blocks.of > 0);
  const of = (part: 'blocks' | 'windows', rule?: string): Rate =>
    rateOfCounts(
      measured.map((one) => ({
        of: one[part].of,
        hits: rule === undefined ? one[part].hits : (one[part].byRule[rule] ?? 0),
      })),
    );
  const seen = measured.flatMap(({ blocks, windows }) => [
    ...Object.keys(blocks.byRule),
    ...Object.keys(windows.byRule),
  ]);
  return {
    people: measured.length,
    blocks: of('blocks'),
    windows: of('windows'),
    persons: rateOf(measured, ({ blocks, windows }) => blocks.hits + windows.hits > 0),
    coarse: rateOfCounts(measured.map(({ coarse, blocks }) => ({ hits: coarse, of: blocks.of }))),
    byRule: [...new Set([...rules, ...seen])].map((rule) => ({
      rule,
      blocks: of('blocks', rule),
      windows: of('windows', rule),
      persons: measured.filter(
        ({ blocks, windows }) => (blocks.byRule[rule] ?? 0) + (windows.byRule[rule] ?? 0) > 0,
      ).length,
    })),
    worst: measured
      .map(({ person, blocks: { hits, of: many } }) => ({ person, hits, of: many }))
      .sort((a, b) => b.hits / b.of - a.hits / a.of || b.of - a.of)[0],
  };
}
