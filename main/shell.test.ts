import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestElectron, type TestElectron } from '../test/support/electron.ts';
import { runShell } from './shell.ts';

let folder: string;
let desktop: TestElectron;
let said: string[];
let ticks: (() => void)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-shell-'));
  desktop = createTestElectron(folder);
  [said, ticks] = [[], []];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (data = join(folder, 'data')) =>
  runShell({
    electron: desktop.electron,
    data,
    say: (line) => said.push(line),
    repeat(work) {
      ticks.push(work);
      return () => void ticks.splice(0);
    },
  });

test('its own place is set and the lock taken before Electron is ready, and nothing is shown until it is', async () => {
  const ready = desktop.hold();
  const running = run();
  expect(desktop.calls).toEqual([
    'name Gatehouse',
    'model app.gatehouse.desktop',
    expect.stringMatching(/^userData .*\/Gatehouse\/[0-9a-f]{16}$/),
    'lock',
  ]);
  ready();
  await running;
  expect(desktop.calls.at(-1)).toBe('tray');
});

test('each data directory has a place, and so a lock, of its own', async () => {
  await run(join(folder, 'one'));
  const other = createTestElectron(folder);
  await runShell({ electron: other.electron, data: join(folder, 'two'), say() {}, repeat: () => () => {} });
  const places = [desktop, other].map(({ calls }) => calls.find((call) => call.startsWith('userData')));
  expect(places[0]).not.toBe(places[1]);
});

test('a second one for the same directory says so and ends', async () => {
  desktop.locked = true;
  await run();
  expect(desktop.calls.at(-1)).toBe('quit');
  expect(said).toEqual([expect.stringContaining('already: look for it in the tray')]);
});

test('without a service the tray says how to start it, once', async () => {
  await run();
  await expect.poll(() => desktop.tooltip).toContain(`No service runs on ${join(folder, 'data')}`);
  expect(desktop.tooltip).toContain('gatehouse serve --data');
  expect(desktop.menu.map(({ label }) => label ?? '-')).toEqual([
    expect.stringContaining('No service runs'),
    'Check now',
    '-',
    'Quit: alerts are not shown any more',
  ]);
  const lines = said.length;
  for (const tick of ticks) tick();
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toHaveLength(lines);
});

test('a desktop without a tray is no reason to show nothing', async () => {
  desktop.trayFails = true;
  await run();
  expect(said[0]).toContain('This desktop has no tray');
  await expect.poll(() => said.at(-1)).toContain('No service runs');
});

test('a desktop without notifications gets the command that lists alerts', async () => {
  desktop.supported = false;
  await run();
  await expect.poll(() => desktop.tooltip).toContain('gatehouse alert list');
});

test('the menu quits it and ends polling', async () => {
  await run();
  desktop.menu.at(-1)!.click!();
  expect(desktop.calls.at(-1)).toBe('quit');
  desktop.fire('will-quit');
  expect([ticks, desktop.calls.at(-1)]).toEqual([[], 'tray gone']);
});
