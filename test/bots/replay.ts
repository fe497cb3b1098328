import { join } from 'node:path';
import { movementsOf, type PointerSample } from '../../sdk/gatehouse/src/collector/features/index.ts';
import { readWebbot } from '../accuracy/behavior/sets/webbot.ts';
import type { Bot } from './bots.ts';
import { between, oneOf, type Random } from './chance.ts';
import { humanHands } from './hands.ts';
import { humanised } from './humanised.ts';
import { aimAt, distance, type Mover } from './movers/mover.ts';
import type { Point, Stage } from './stage.ts';

const LASTS = 32_000;
const FEWEST_MOVEMENTS = 8;

export const replayNames = ['replay', 'replay-warped'] as const;

/** What a person moved, played again: from the held-out human sessions of the webbot set, which are on few machines. */
export function createReplays(dataFolder: string): Bot[] {
  const sessions = readWebbot(join(dataFolder, 'mouse-webbot'))
    .filter(({ label, half }) => label === 'human' && half === 'held-out')
    .map(({ track }) => track.moves);
  const parts = sessions.flatMap(partsOf);
  const strokes = sessions.flatMap((moves) => movementsOf(moves).map(({ samples }) => samples));
  return [
    {
      name: 'replay',
      kind: 'replay',
      lastsMs: LASTS,
      about: 'half a minute of a person, at its places and times',
      run: (stage) => play(stage, oneOf(stage.random, parts)),
    },
    {
      name: 'replay-warped',
      kind: 'replay',
      lastsMs: LASTS,
      about: 'single movements of people, turned and scaled to the targets, human holds',
      run: humanised(warped(strokes), humanHands),
    },
  ];
}

/** Stretches of half a minute in which a person moves enough. */
function partsOf(moves: readonly PointerSample[]): PointerSample[][] {
  const parts: PointerSample[][] = [];
  const begun = moves[0]?.t ?? 0;
  const last = moves.at(-1)?.t ?? 0;
  for (let from = begun; from + LASTS <= last; from += LASTS) {
    const part = moves.filter(({ t }) => t >= from && t < from + LASTS);
    if (movementsOf(part).length >= FEWEST_MOVEMENTS) parts.push(part);
  }
  return parts;
}

/** Presses where the person rested: the set does not say when they clicked. */
async function play({ random, pointer, pause }: Stage, moves: readonly PointerSample[]): Promise<void> {
  const hands = humanHands(random);
  const begun = performance.now();
  const start = moves[0]!.t;
  let run: Point[] = [];
  for (const [i, { t, x, y }] of moves.entries()) {
    if (run.length === 0) await pause(t - start - (performance.now() - begun));
    run.push({ x: Math.min(1278, x), y: Math.min(798, y), t: t - moves[i - run.length]!.t });
    const rest = (moves[i + 1]?.t ?? t) - t;
    if (rest < 400 && i + 1 < moves.length) continue;
    await pointer.follow(run);
    if (rest > 700 && random() < 0.4) {
      await pause(between(random, 80, 250));
      await pointer.press(hands.press());
    }
    run = [];
  }
}

const warped =
  (strokes: readonly (readonly PointerSample[])[]): Mover =>
  (from, into, random) => {
    const to = aimAt(into, random);
    const samples = strokeFor(strokes, distance(from, to), random);
    const [first, last] = [samples[0]!, samples.at(-1)!];
    const [ax, ay, bx, by] = [last.x - first.x, last.y - first.y, to.x - from.x, to.y - from.y];
    const square = ax * ax + ay * ay;
    const [along, across] = [(ax * bx + ay * by) / square, (ax * by - ay * bx) / square];
    return samples.slice(1).map(({ x, y, t }) => ({
      x: from.x + (x - first.x) * along - (y - first.y) * across,
      y: from.y + (x - first.x) * across + (y - first.y) * along,
      t: t - first.t,
    }));
  };

/** One that has nearly the length, else any that leads somewhere. */
function strokeFor(
  strokes: readonly (readonly PointerSample[])[],
  length: number,
  random: Random,
): readonly PointerSample[] {
  const chord = (samples: readonly PointerSample[]): number => distance(samples[0]!, samples.at(-1)!);
  for (let tries = 0; tries < 300; tries++) {
    const samples = oneOf(random, strokes);
    const ratio = length / Math.max(1, chord(samples));
    if (chord(samples) > 40 && ratio > 0.6 && ratio < 1.6) return samples;
  }
  return strokes.find((samples) => chord(samples) > 100)!;
}
