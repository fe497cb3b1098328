import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWindowState } from './window-state.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-window-'));
  path = join(folder, 'own', 'window.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const left = { x: 0, y: 0, width: 1920, height: 1040 };
const right = { x: 1920, y: 0, width: 1280, height: 1000 };
const usual = { width: 1280, height: 840, isMaximized: false };
const open = (screens = [left, right]) => createWindowState(path, () => screens);

test('it opens where it was, of its account alone', () => {
  expect(open().read()).toEqual(usual);
  const bounds = { x: 2000, y: 40, width: 900, height: 700 };
  open().write(bounds, true);
  expect(open().read()).toEqual({ ...bounds, isMaximized: true });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('the screen on which it was is gone: it comes to one that is there', () => {
  open().write({ x: 2000, y: 40, width: 900, height: 700 }, true);
  expect(open([left]).read()).toEqual({ ...usual, isMaximized: true });
  open().write({ x: 10, y: 1_030, width: 900, height: 700 }, false);
  expect(open().read()).toEqual(usual);
});

test('it is never larger than its screen', () => {
  open().write({ x: 0, y: 0, width: 9_000, height: 9_000 }, false);
  expect(open().read()).toMatchObject({ width: 1920, height: 1040 });
});

test.each(['', '{"x":1}', '{"x":0,"y":0,"width":-5,"height":1,"isMaximized":false}'])(
  'a file with %j is none',
  (text) => {
    open().write({ x: 1, y: 1, width: 500, height: 500 }, false);
    writeFileSync(path, text);
    expect(open().read()).toEqual(usual);
  },
);

test('what cannot be kept is no error', () => {
  writeFileSync(join(folder, 'own'), 'a file in the place of the folder');
  open().write({ x: 1, y: 1, width: 500, height: 500 }, false);
  expect(readFileSync(join(folder, 'own'), 'utf8')).toContain('a file');
});
