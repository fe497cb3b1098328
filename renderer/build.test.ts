import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig as resolveParts } from 'electron-vite';
import { resolveConfig } from 'vite';
import { afterEach, expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '..');
afterEach(() => {
  vi.unstubAllEnvs();
});

test('pages are built as the service serves them, and not as files for a window of Electron', async () => {
  vi.stubEnv('NODE_ENV', 'production'); // electron-vite sets it
  const { config } = await resolveParts({ ignoreConfigWarning: true }, 'build', 'production');
  const { base, build } = await resolveConfig(config!.renderer!, 'build', 'production');
  const { outDir, target, minify, modulePreload, assetsInlineLimit, sourcemap } = build;
  expect({ base, outDir, target, minify, modulePreload, assetsInlineLimit, sourcemap }).toEqual({
    base: '/',
    outDir: join(root, 'dist/renderer'),
    target: 'es2023',
    minify: 'oxc',
    modulePreload: { polyfill: true },
    assetsInlineLimit: 0,
    sourcemap: false,
  });
  expect(config!.preload).toBe(undefined);
});

test('without the development dependencies it says so and succeeds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pages-'));
  try {
    cpSync(join(root, 'renderer/build.mjs'), join(folder, 'renderer/build.mjs'));
    cpSync(join(root, 'bin/node-24.mjs'), join(folder, 'bin/node-24.mjs'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'renderer/build.mjs')], {
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: expect.stringContaining('The console is not built'),
      stderr: '',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
