import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

// What `npm run dev` starts, with a program in the place of Electron that runs the shell as Electron does.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
const { PATH, NODE_COMPILE_CACHE } = process.env;

let folder: string;
let data: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-dev-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill();
    await once(child, 'exit');
  }
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const environment = (): NodeJS.ProcessEnv => ({
  PATH,
  NODE_COMPILE_CACHE,
  HOME: folder,
  DISPLAY: ':0',
  ELECTRON_OVERRIDE_DIST_PATH: folder,
  GATEHOUSE_PORT: '0',
  GATEHOUSE_WORKERS: '1',
});

test.skipIf(process.platform !== 'linux')(
  'the app shows the pages of the development server, is restarted when its code changes, and all ends with it',
  async () => {
    const runner = join(root, 'test/support/as-electron.mjs');
    writeFileSync(join(folder, 'electron'), `#!/bin/sh\nexec '${node}' '${runner}' "$@"\n`, { mode: 0o700 });
    child = spawn(node, [join(root, 'bin/dev.mjs'), '--data', data], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const next = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`It ended without a line like ${pattern}.`);
        const [, found] = pattern.exec(value) ?? [];
        if (found) return found;
      }
    };
    const consoleAt = /^loads (http:\/\/localhost:\d+)\/console\/$/;

    const pages = await next(consoleAt);
    const page = await fetch(`${pages}/console/people`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('src="/console/main.tsx"');
    const session = await fetch(`${pages}/api/auth/session`);
    expect(await session.json()).toMatchObject({ user: { email: 'operator@localhost' } });

    const now = new Date();
    utimesSync(join(root, 'main/tray-icon.ts'), now, now);
    await next(/^(restarting electron app)/);
    expect(await next(consoleAt)).toBe(pages);

    child.kill();
    expect(await ended).toEqual([0, null]);
    await expect(fetch(pages)).rejects.toThrow();
    expect(existsSync(join(data, 'control.sock'))).toBe(false);
  },
);

test('without Electron or a desktop it says what to do, and what works', () => {
  const { status, stdout, stderr } = spawnSync(node, [join(root, 'bin/dev.mjs'), '--data', data], {
    encoding: 'utf8',
    env: environment(),
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/install-electron[\s\S]*FOLDER npm run dev\n[\s\S]*npm run dev:service/),
  });
  expect(existsSync(data)).toBe(false);
});
