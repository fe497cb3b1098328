import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright';
import { expect, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { buildProduct, type Product } from '../support/product.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where `npx install-electron` or the environment puts it; the package alone brings types. */
function findElectron(): string | undefined {
  const folder = join(root, 'node_modules/electron');
  const named = join(folder, 'path.txt');
  const program = existsSync(named) ? readFileSync(named, 'utf8') : 'electron';
  const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), program);
  return existsSync(path) ? path : undefined;
}

const binary = findElectron();
const hasDisplay =
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
if (!binary || !hasDisplay)
  console.warn('desktop: no Electron or no display here; the shell is tested with Electron passed in alone');

const launch = (product: Product, cli: Cli) =>
  _electron.launch({
    executablePath: binary!,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      join(product.folder, 'dist/main/index.js'),
      ...['--data', cli.data],
    ],
    env: { ...(process.env as Record<string, string>), HOME: cli.data, XDG_CONFIG_HOME: cli.temporary },
  });

test.skipIf(!binary || !hasDisplay)(
  'an alert of the service is a notification of Electron’s own',
  async () => {
    const product = await buildProduct();
    const cli = createCli();
    try {
      const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Museum');
      const service = await cli.serve();
      const ada = await portrait('ada');
      const file = join(cli.data, 'ada.jpg');
      writeFileSync(file, ada);
      await cli.json('subject', 'enroll', '--test', '--email', 'ada@example.com', file);
      await cli.json(
        ...['alert', 'rule', 'add', '--test', '--metric', 'failures-per-person'],
        ...['--threshold', '1', '--no-webhook', '--desktop'],
      );
      const app = await launch(product, cli);
      await app.evaluate(({ Notification }) => {
        const shown: string[] = [];
        Object.assign(globalThis, { shown });
        Notification.isSupported = () => true;
        Notification.prototype.show = function show() {
          shown.push(`${this.title} | ${this.body}`);
        };
      });
      await fetch(`${service.url}/api/verify`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': keys.test },
        body: JSON.stringify({
          image: (await portrait('bea')).toString('base64'),
          email: 'ada@example.com',
        }),
      });
      await expect
        .poll(() => app.evaluate(() => (globalThis as unknown as { shown: string[] }).shown))
        .toEqual([expect.stringContaining('failures-per-person is at 1, the rule is 1')]);
      await app.close();
      await service.end();
    } finally {
      await cli.clean();
      product.remove();
    }
  },
);

test.skipIf(!binary || !hasDisplay)(
  'a page is isolated, gets no microphone, and does not leave the box',
  async () => {
    const product = await buildProduct();
    const cli = createCli();
    try {
      await cli.json('init', '--org', 'Museum');
      const service = await cli.serve();
      const app = await launch(product, cli);
      const page = await app.firstWindow();
      await page.waitForURL(/^http:\/\/localhost:\d+\/console\//);
      expect(await page.evaluate('[typeof require, typeof process, typeof module, typeof Buffer]')).toEqual(
        Array(4).fill('undefined'),
      );
      const refusal = '(error) => error.name';
      expect(
        await page.evaluate(
          `navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'granted', ${refusal})`,
        ),
      ).toBe('NotAllowedError');
      expect(await page.evaluate(`fetch('https://evil.example/').then(() => 'sent', ${refusal})`)).toBe(
        'TypeError',
      );
      const before = page.url();
      await page.evaluate("location.href = 'https://192.168.255.1/'");
      expect(await page.evaluate("window.open('https://192.168.255.1/')")).toBe(null);
      expect([page.url(), app.windows().length]).toEqual([before, 1]);
      await app.close();
      // Only attached to: it is still there.
      expect((await fetch(`${service.url}/ready`)).status).toBe(200);
      await service.end();
    } finally {
      await cli.clean();
      product.remove();
    }
  },
);

test('the command runs the Electron that is named, and ends as it does; a missing one is reported with the remedy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-electron-'));
  const run = () =>
    spawnSync(join(root, 'node_modules/.bin/node'), [join(root, 'bin/desktop.mjs'), '--data', '/srv/box'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ELECTRON_OVERRIDE_DIST_PATH: folder },
    });
  try {
    const refused = run();
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('install-electron')]);
    const program = /spawn (\S+) ENOENT/.exec(refused.stderr)?.[1] ?? '';
    writeFileSync(program, '#!/bin/sh\necho "$@"\nexit 3\n', { mode: 0o700 });
    expect(run()).toMatchObject({
      status: 3,
      stdout: `${join(root, 'dist/main/index.js')} --data /srv/box\n`,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
