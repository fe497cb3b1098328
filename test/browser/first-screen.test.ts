import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CAPTURE_BUDGET } from '../../renderer/capture-budget.ts';

const folder = join(import.meta.dirname, '../../dist/renderer');
const isBuilt = existsSync(join(folder, '.vite/manifest.json'));
/** Bytes after gzip that the first screen of the console may load as JavaScript. */
const MOST = 350_000;

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
}
type Manifest = Record<string, Chunk>;

/** The chunk and everything it imports before it runs; `later`: also what it may load then. */
function closureOf(manifest: Manifest, key: string, seen = new Set<string>(), later = false): Set<string> {
  if (seen.has(key)) return seen;
  seen.add(key);
  const { imports = [], dynamicImports = [] } = manifest[key] ?? {};
  for (const next of later ? [...imports, ...dynamicImports] : imports)
    closureOf(manifest, next, seen, later);
  return seen;
}

const readManifest = () => JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8')) as Manifest;

/** Bytes of JavaScript after gzip. */
function sizeOf(manifest: Manifest, keys: ReadonlySet<string>): number {
  const files = new Set(
    [...keys].map((key) => manifest[key]?.file ?? '').filter((file) => file.endsWith('.js')),
  );
  const bytes = [...files].map((file) => gzipSync(readFileSync(join(folder, file))).byteLength);
  return bytes.reduce((sum, one) => sum + one, 0);
}

test.skipIf(!isBuilt)(
  isBuilt
    ? 'the first screen loads at most 350 kB of JavaScript'
    : 'the first screen loads at most 350 kB of JavaScript: the pages are not built (npm run build:renderer)',
  () => {
    const manifest = readManifest();
    const screens = Object.keys(manifest).filter((key) => /features\/.*-screen\.tsx$/.test(key));
    const sizes = screens.map((screen) => ({
      screen,
      bytes: sizeOf(manifest, closureOf(manifest, screen, closureOf(manifest, 'console/index.html'))),
    }));
    const heaviest = sizes.sort((a, b) => b.bytes - a.bytes)[0];
    console.log(
      `heaviest first screen: ${heaviest?.screen} ${Math.round((heaviest?.bytes ?? 0) / 1000)} kB gzip`,
    );
    expect(sizes.filter(({ bytes }) => bytes > MOST)).toEqual([]);
    expect(sizes.length).toBeGreaterThan(2);
  },
);

test.skipIf(!isBuilt)(
  `the capture page loads at most ${CAPTURE_BUDGET / 1000} kB of JavaScript, with all that it loads later`,
  () => {
    const manifest = readManifest();
    const bytes = sizeOf(manifest, closureOf(manifest, 'capture/index.html', new Set(), true));
    console.log(`capture page: ${Math.round(bytes / 1000)} kB gzip`);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThanOrEqual(CAPTURE_BUDGET);
  },
);
