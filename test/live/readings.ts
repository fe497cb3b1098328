import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Analysis } from '../../service/inference/face.ts';

/** Raise it when what the nets read of a frame changes: everything is read again. */
const VERSION = 3;

/** Biometric data of people in public recordings: never inside the repository. */
export const cacheFolder = (): string =>
  process.env.GATEHOUSE_LIVE_CACHE ?? join(homedir(), '.cache', 'gatehouse-live');

/** A frame by name, and how its JPEG is made. */
export interface Frame {
  name: string;
  make(): Promise<Buffer>;
}

/** What the nets read of frames, once for each frame of a source. Only numbers are kept. */
export interface Readings {
  /** By name, in the order of `frames`. */
  read(source: string, frames: readonly Frame[]): Promise<Map<string, Analysis>>;
}

export interface ReadingsDeps {
  analyze(jpeg: Buffer): Promise<Analysis>;
  folder: string;
  concurrency: number;
  say(line: string): void;
}

export function openReadings({ analyze, folder, concurrency, say }: ReadingsDeps): Readings {
  const home = join(folder, `readings-${VERSION}`);
  mkdirSync(home, { recursive: true });
  return {
    async read(source, frames) {
      const file = join(home, `${source}.bin`);
      const known = existsSync(file)
        ? (deserialize(readFileSync(file)) as Map<string, Analysis>)
        : new Map<string, Analysis>();
      const missing = frames.filter(({ name }) => !known.has(name));
      if (missing.length > 0) {
        const waiting = missing.values();
        const lane = async () => {
          for (const { name, make } of waiting) known.set(name, await analyze(await make()));
        };
        await Promise.all(Array.from({ length: concurrency }, lane));
        writeFileSync(`${file}.part`, serialize(known));
        renameSync(`${file}.part`, file);
        say(`${source}: ${missing.length} frames read`);
      }
      return new Map(frames.map(({ name }) => [name, known.get(name)!]));
    },
  };
}
