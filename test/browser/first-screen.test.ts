import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../dist/renderer');
const isBuilt = existsSync(join(folder, '.vite/manifest.json'));
/** Bytes after gzip that the first screen of the console may load as JavaScript. */
const MOST = 350_000;

interface Chunk {
  file: string;
  imports?: string[];
}

/** The chunk and everything it imports before it runs. */
function closureOf(manifest: Record<string, Chunk>, key: string, seen = new Set<string>()): Set<string> {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key]?.imports ?? []) closureOf(manifest, next, seen);
  return seen;
}

test.skipIf(!isBuilt)(
  isBuilt
    ? 'the first screen loads at most 350 kB of JavaScript'
    : 'the first screen loads at most 350 kB of JavaScript: the pages are not built (npm run build:renderer)',
  () => {
    const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8')) as Record<
      string,
      Chunk
    >;
    const screens = Object.keys(manifest).filter((key) => /features\/.*-screen\.tsx$/.test(key));
    const sizes = screens.map((screen) => {
      const keys = closureOf(manifest, screen, closureOf(manifest, 'console/index.html'));
      const files = new Set(
        [...keys].map((key) => manifest[key]?.file ?? '').filter((file) => file.endsWith('.js')),
      );
      const bytes = [...files].map((file) => gzipSync(readFileSync(join(folder, file))).byteLength);
      return { screen, bytes: bytes.reduce((sum, one) => sum + one, 0) };
    });
    const heaviest = sizes.sort((a, b) => b.bytes - a.bytes)[0];
    console.log(
      `heaviest first screen: ${heaviest?.screen} ${Math.round((heaviest?.bytes ?? 0) / 1000)} kB gzip`,
    );
    expect(sizes.filter(({ bytes }) => bytes > MOST)).toEqual([]);
    expect(sizes.length).toBeGreaterThan(2);
  },
);
