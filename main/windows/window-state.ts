import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

export interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

const Kept = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1),
  height: z.int().min(1),
  isMaximized: z.boolean(),
});
type Kept = z.output<typeof Kept>;

/** Where a window opens: without `x` and `y` the system chooses. */
export type WindowBounds = { x?: number; y?: number; width: number; height: number; isMaximized: boolean };

const usual = { width: 1280, height: 840, isMaximized: false };
/** So much of a window has to lie on a screen, to be found and moved. */
const VISIBLE = { width: 200, height: 60 };

/** Size and place of a window in a JSON file of this account. `screens` are the usable areas now: one may have been unplugged. */
export function createWindowState(path: string, screens: () => readonly Bounds[]) {
  return {
    read(): WindowBounds {
      const kept = readKept(path);
      if (!kept) return usual;
      const screen = screens().find((area) => isFound(kept, area));
      const { isMaximized } = kept;
      if (!screen) return { ...usual, isMaximized };
      const [width, height] = [Math.min(kept.width, screen.width), Math.min(kept.height, screen.height)];
      return { x: kept.x, y: kept.y, width, height, isMaximized };
    },
    /** What was there stays whole until then. That it cannot be kept is no reason to keep a window open. */
    write(bounds: Bounds, isMaximized: boolean): void {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(`${path}.next`, JSON.stringify({ ...bounds, isMaximized } satisfies Kept), {
          mode: 0o600,
        });
        renameSync(`${path}.next`, path);
      } catch {}
    },
  };
}

function readKept(path: string): Kept | undefined {
  try {
    return Kept.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Its title bar, by which it is moved, lies within the area. */
function isFound({ x, y, width }: Bounds, area: Bounds): boolean {
  const shown = Math.min(x + width, area.x + area.width) - Math.max(x, area.x);
  return shown >= VISIBLE.width && y >= area.y && y + VISIBLE.height <= area.y + area.height;
}
