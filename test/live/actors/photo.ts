import type { Box } from '../../../service/inference/face.ts';
import type { Picture } from '../../../service/inference/pictures/picture.ts';
import { jpegOf } from '../clips.ts';
import type { Frame } from '../readings.ts';
import { asPrint, withNoise } from '../render/recapture.ts';
import { frameOfSheet, type Held } from '../render/sheet.ts';
import type { Asked } from './actor.ts';
import type { Handled, Movement } from './handled.ts';

/** How a printed photograph is handled. */
export const manners = ['still', 'moved', 'tilted', 'bent'] as const;
export type Manner = (typeof manners)[number];

export interface Print {
  photo: Picture;
  face: Box;
  background: Picture;
  /** A second print with closed lids: its strip of the eyes is laid over the first when a blink is asked for. */
  lids?(): Picture;
}

/** Degrees between two stages; at ten frames a second a quick hand. */
const TURN = 5;
const NOISE = 2.2;

/** Where each stage of a movement ends: the sheet at rest, then farther and farther. */
function stagesOf(manner: Manner, asked: Asked, bend: number): Held[] {
  const upTo = (most: number, held: (value: number) => Held) =>
    Array.from({ length: Math.ceil(most / TURN) }, (_, i) => held((i + 1) * TURN));
  const sideways = (sign: number) =>
    Array.from({ length: 6 }, (_, i): Held => ({ x: sign * 0.07 * (i + 1) }));
  const nearer = Array.from({ length: 10 }, (_, i): Held => ({ distance: 4 / (1.04 + 0.04 * i) }));
  const sign = asked === 'turn-left' || asked === 'look-down' ? 1 : -1;
  if (asked === 'come-closer') return manner === 'still' ? [] : nearer;
  if (asked === 'turn-left' || asked === 'turn-right') {
    if (manner === 'moved') return sideways(sign);
    // held close to the lens, perspective turns a flat face most (LIVENESS.md §2)
    if (manner === 'tilted')
      return upTo(60, (value) => ({
        yaw: sign * value,
        distance: 4 - (2.4 * value) / 60,
        share: 0.34 * (1 - (0.5 * value) / 60),
      }));
    if (manner === 'bent') return upTo(40, (value) => ({ yaw: sign * value }));
  }
  if (asked === 'look-up' || asked === 'look-down') {
    if (manner === 'moved') return sideways(1).map(({ x = 0 }) => ({ y: sign * x }));
    if (manner === 'tilted' || manner === 'bent') return upTo(40, (value) => ({ pitch: sign * value }));
  }
  void bend;
  return [];
}

const steps: readonly Asked[] = ['turn-left', 'turn-right', 'look-up', 'look-down', 'come-closer'];

/** The frames of one print in one manner, and how they are played. `bend`: radius in face widths, for `bent`. */
export function printInHand(
  print: Print,
  manner: Manner,
  bend: number,
): { handled: Handled; frames: Frame[] } {
  const bent: Held = manner === 'bent' ? { bend } : {};
  const frames: Frame[] = [];
  const add = (name: string, held: Held, photo: () => Picture = () => print.photo): string => {
    const seed = frames.length + 1;
    frames.push({
      name,
      make: async () => {
        const seen = frameOfSheet(photo(), print.face, print.background, { ...bent, ...held });
        return jpegOf(withNoise(await asPrint(seen), NOISE, seed));
      },
    });
    return name;
  };
  const rest = Array.from({ length: 6 }, (_, i) =>
    add(
      `rest${i}`,
      manner === 'still'
        ? {}
        : {
            yaw: Math.sin(2 * i),
            pitch: Math.cos(3 * i),
            x: 0.01 * Math.sin(i),
            roll: 0.6 * Math.sin(5 * i),
          },
    ),
  );
  const plays: Partial<Record<Asked, Movement>> = {};
  for (const asked of steps) {
    const stages = stagesOf(manner, asked, bend).map((held, i) => add(`${asked}${i}`, held));
    if (stages.length > 0) plays[asked] = { stages: [rest[0]!, ...stages] };
  }
  const { lids } = print;
  if (lids) {
    const laid = [0.3, -0.4, 0.2].map((yaw, i) => add(`blink${i}`, { yaw }, lids));
    plays.blink = { stages: [rest[0]!, ...laid], returns: true };
  }
  return { handled: { rest, plays }, frames };
}
