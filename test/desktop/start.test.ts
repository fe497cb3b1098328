import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript without a declaration
import { electronHere } from '../../bin/electron-here.mjs';

// What `npm start` opens.

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-start-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content = ''): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
}
const desktop = { DISPLAY: ':0' };

test('the package alone is not enough, nor the program without a desktop', () => {
  const here = (env: NodeJS.ProcessEnv, platform = 'linux') => electronHere(root, { env, platform });
  expect(here(desktop)).toBe(undefined);
  put('node_modules/electron/package.json', '{}');
  expect(here(desktop)).toBe(undefined);
  put('node_modules/electron/dist/electron');
  const program = join(root, 'node_modules/electron/dist/electron');
  expect([here(desktop), here({ WAYLAND_DISPLAY: 'wayland-0' }), here({})]).toEqual([
    program,
    program,
    undefined,
  ]);
  expect(here({}, 'darwin')).toBe(undefined);
  put('node_modules/electron/path.txt', 'Electron.app/Contents/MacOS/Electron');
  put('node_modules/electron/dist/Electron.app/Contents/MacOS/Electron');
  expect(here({}, 'darwin')).toMatch(/MacOS\/Electron$/);
});

test('one that is named by the environment counts', () => {
  put('node_modules/electron/package.json', '{}');
  put('elsewhere/electron');
  const env = { ...desktop, ELECTRON_OVERRIDE_DIST_PATH: join(root, 'elsewhere') };
  expect(electronHere(root, { env, platform: 'linux' })).toBe(join(root, 'elsewhere/electron'));
});

test('without Electron or a desktop it serves in the terminal and prints the address of the console', async () => {
  const product = join(import.meta.dirname, '../..');
  const words = [join(product, 'bin/start.mjs'), '--port', '0', '--data', join(root, 'data')];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(join(product, 'node_modules/.bin/node'), words, {
    env: { PATH, NODE_COMPILE_CACHE, HOME: root, GATEHOUSE_WORKERS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const log = text(child.stderr);
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    shown += more;
  });
  await expect.poll(() => shown).toMatch(/Ctrl-C stops/);
  child.kill();
  expect([await ended, await log]).toEqual([[0, null], '']);
  expect(shown).toMatch(/^Console: +http:\/\/localhost:\d+\/console\/$/m);
});
