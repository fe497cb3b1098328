import { setTimeout as pause } from 'node:timers/promises';
import { between, normal, type Random } from '../chance.ts';
import { minimumJerk } from '../movers/minimum-jerk.ts';
import type { Box, Place, Point } from '../stage.ts';
import { type Desk, following } from './desk.ts';

const buttons = ['first', 'second', 'third', 'fourth'] as const;

/** Twice as slow as a hand, at the rate of a camera. */
function headMovement(from: Place, into: Box, random: Random): Point[] {
  const points = minimumJerk(from, into, random).map(({ x, y, t }) => ({ x, y, t: 2 * t }));
  return points.filter((_, i) => i % 2 === 1 || i === points.length - 1);
}

/** A head does not rest. */
const trembling = ({ x, y }: Place, ms: number, random: Random): Point[] =>
  Array.from({ length: Math.round(ms / 33) }, (_, i) => ({
    x: x + 0.8 * normal(random),
    y: y + 0.8 * normal(random),
    t: 33 * (i + 1),
  }));

/** A head mouse goes from button to button. `click` is what happens after its rest; nothing where a dwell clicker runs. */
export async function pointWithHead({ boxes, xdotool }: Desk, random: Random, click: readonly string[]) {
  let at: Place = { x: 640, y: 420 };
  await xdotool([`mousemove ${at.x} ${at.y}`]);
  for (const id of [...buttons, ...buttons]) {
    const points = headMovement(at, boxes[id]!, random);
    at = points.at(-1)!;
    await xdotool([...following(points), ...following(trembling(at, 1_000, random)), ...click]);
    await xdotool(following(trembling(at, between(random, 500, 900), random)));
  }
}

/** Steps of keypad keys: which way each moves the pointer. */
const KEYPAD = [
  ['KP_Home', -1, -1],
  ['KP_Up', 0, -1],
  ['KP_Prior', 1, -1],
  ['KP_Left', -1, 0],
  ['KP_Right', 1, 0],
  ['KP_End', -1, 1],
  ['KP_Down', 0, 1],
  ['KP_Next', 1, 1],
] as const;

/** The keypad moves the pointer to the button: a key is held until its way is done, and the last pixels are taps. `KP_Begin` presses. */
export async function pointWithKeypad({ boxes, xdotool }: Desk, random: Random): Promise<void> {
  for (const id of buttons) {
    const { x, y, width, height } = boxes[id]!;
    const aim = {
      x: x + width * (0.5 + between(random, -0.25, 0.25)),
      y: y + height * (0.5 + between(random, -0.25, 0.25)),
    };
    for (let tries = 0; tries < 30; tries++) {
      const at = await placeOf(xdotool);
      const [dx, dy] = [aim.x - at.x, aim.y - at.y];
      const [far, high] = [Math.abs(dx) > width / 4, Math.abs(dy) > height / 4];
      if (!far && !high) break;
      const key = KEYPAD.find(
        ([, h, v]) => h === (far ? Math.sign(dx) : 0) && v === (high ? Math.sign(dy) : 0),
      )![0];
      const way = Math.min(...[far ? Math.abs(dx) : Infinity, high ? Math.abs(dy) : Infinity]);
      await xdotool([`keydown ${key}`, `sleep ${holdFor(way).toFixed(3)}`, `keyup ${key}`]);
      await pause(between(random, 150, 350));
    }
    await xdotool(['keydown KP_Begin', `sleep ${between(random, 0.07, 0.12).toFixed(3)}`, 'keyup KP_Begin']);
    await pause(between(random, 500, 900));
  }
}

/** Seconds to hold a key for about so many pixels: it moves after 160 ms, each 40 ms further. */
const holdFor = (pixels: number): number => 0.18 + 0.04 * Math.sqrt(pixels);

async function placeOf(xdotool: Desk['xdotool']): Promise<Place> {
  const [, x, y] = /x:(\d+) y:(\d+)/.exec(await xdotool(['getmouselocation'])) ?? [];
  return { x: Number(x), y: Number(y) };
}
