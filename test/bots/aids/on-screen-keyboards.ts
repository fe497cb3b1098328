import { setTimeout as pause } from 'node:timers/promises';
import { between, logNormal, type Random } from '../chance.ts';
import { minimumJerk } from '../movers/minimum-jerk.ts';
import type { Box, Place } from '../stage.ts';
import { type Desk, following } from './desk.ts';

/** A row of keys as shares of the keyboard's width and height: middle of the first key, from key to key, and height. */
interface Row {
  keys: string;
  first: number;
  pitch: number;
  y: number;
}
export interface OnScreenKeyboard {
  program: string;
  args: readonly string[];
  /** Of its window. */
  title: string;
  rows: readonly Row[];
}

export const onboard: OnScreenKeyboard = {
  program: 'onboard',
  args: ['-x', '0', '-y', '760', '-s', '1000x330'],
  title: '^Onboard$',
  rows: [
    { keys: 'qwertyuiop', first: 0.1327, pitch: 0.0594, y: 0.306 },
    { keys: 'asdfghjkl', first: 0.1466, pitch: 0.0603, y: 0.499 },
    { keys: 'zxcvbnm', first: 0.1846, pitch: 0.0602, y: 0.69 },
    { keys: ' ', first: 0.42, pitch: 0, y: 0.884 },
  ],
};
export const xvkbd: OnScreenKeyboard = {
  program: 'xvkbd',
  args: ['-geometry', '900x300+0+770'],
  title: '^xvkbd',
  rows: [
    { keys: 'qwertyuiop', first: 0.0977, pitch: 0.0506, y: 0.419 },
    { keys: 'asdfghjkl', first: 0.1224, pitch: 0.0508, y: 0.589 },
    { keys: 'zxcvbnm', first: 0.1445, pitch: 0.0512, y: 0.754 },
    { keys: ' ', first: 0.3, pitch: 0, y: 0.919 },
  ],
};
export const matchbox: OnScreenKeyboard = {
  program: 'matchbox-keyboard',
  args: [],
  title: '^Keyboard$',
  rows: [
    { keys: 'qwertyuiop', first: 0.048, pitch: 0.0868, y: 0.167 },
    { keys: 'asdfghjkl', first: 0.091, pitch: 0.0867, y: 0.5 },
    { keys: 'zxcvbnm', first: 0.184, pitch: 0.0867, y: 0.83 },
    { keys: ' ', first: 0.866, pitch: 0, y: 0.83 },
  ],
};

const WIDTH = 1000;
const HEIGHT = 300;
const TOP = 770;

/** A hand moves from key to key of the keyboard's window and holds the button on each. */
export async function typeOnScreen(
  { xdotool, start }: Desk,
  { program, args, title, rows }: OnScreenKeyboard,
  text: string,
  random: Random,
): Promise<void> {
  start(program, args);
  await pause(9_000);
  const id = (await xdotool([`search --onlyvisible --name "${title}"`])).trim().split('\n').at(-1);
  if (!id) throw new Error(`${program} shows no window`);
  await xdotool([`windowmove ${id} 0 ${TOP}`, `windowsize ${id} ${WIDTH} ${HEIGHT}`]);
  await pause(1_500);
  const corner = await cornerOf(xdotool, id);
  let at: Place = { x: 1_150, y: 900 };
  for (const key of text) {
    const box = boxOf(rows, key, corner);
    const points = minimumJerk(at, box, random);
    at = points.at(-1)!;
    await xdotool([
      ...following(points),
      `sleep ${between(random, 0.03, 0.12).toFixed(3)}`,
      'mousedown 1',
      `sleep ${(logNormal(random, 90, 0.2) / 1000).toFixed(3)}`,
      'mouseup 1',
    ]);
  }
}

/** Where the window's own pixels begin on the screen, inside of its frame. */
async function cornerOf(xdotool: Desk['xdotool'], id: string): Promise<Place> {
  const place = await xdotool([`mousemove --window ${id} 0 0`, 'sleep 0.2', 'getmouselocation']);
  const [, x, y] = /x:(\d+) y:(\d+)/.exec(place) ?? [];
  return { x: Number(x), y: Number(y) };
}

function boxOf(rows: readonly Row[], key: string, { x, y }: Place): Box {
  const row = rows.find(({ keys }) => keys.includes(key));
  if (!row) throw new Error(`No key ${key}`);
  const middle = row.first + row.keys.indexOf(key) * row.pitch;
  return { x: x + WIDTH * middle - 15, y: y + HEIGHT * row.y - 12, width: 30, height: 24 };
}
