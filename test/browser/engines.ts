import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { launch } from 'puppeteer-core';
import { freePort } from '../support/free-port.ts';
import { missing, openChromium } from './chromium.ts';

/** A page that is used by mouse and keyboard: its events are made by the browser. */
export interface EnginePage {
  /** Name and version of the browser. */
  browser: string;
  goto(url: string): Promise<void>;
  /** The value of a JavaScript expression, once it is there. */
  evaluate(expression: string): Promise<unknown>;
  move(x: number, y: number): Promise<void>;
  press(): Promise<void>;
  release(): Promise<void>;
  keyDown(key: string): Promise<void>;
  keyUp(key: string): Promise<void>;
  end(): Promise<void>;
}

export interface Engine {
  name: string;
  /** Why it cannot be tried here; undefined: it can. */
  missing: string | undefined;
  /** `finestClock`: pages read it without the rounding against side channels, where the browser can be asked for that. */
  open(options?: { finestClock?: boolean }): Promise<EnginePage>;
}

const chromium: Engine = {
  name: 'Chromium',
  missing,
  async open() {
    const browser = await openChromium();
    const page = await browser.newPage();
    return {
      browser: `Chromium ${browser.version()}`,
      goto: async (url) => void (await page.goto(url)),
      evaluate: (expression) => page.evaluate(expression),
      move: (x, y) => page.mouse.move(x, y),
      press: () => page.mouse.down(),
      release: () => page.mouse.up(),
      keyDown: (key) => page.keyboard.down(key),
      keyUp: (key) => page.keyboard.up(key),
      end: () => browser.close(),
    };
  },
};

const firefoxPath = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path));

/** Without cookies and storage: pages get an exception for each use of them. */
const firefox: Engine = {
  name: 'Firefox',
  missing:
    firefoxPath === undefined
      ? 'there is no Firefox (apt-get install -y --no-install-recommends firefox-esr)'
      : undefined,
  async open({ finestClock = false } = {}) {
    const browser = await launch({
      browser: 'firefox',
      executablePath: firefoxPath!,
      headless: true,
      extraPrefsFirefox: {
        'network.cookie.cookieBehavior': 2,
        'privacy.reduceTimerPrecision': !finestClock,
      },
    });
    const page = await browser.newPage();
    return {
      browser: `Firefox ${(await browser.version()).split('/')[1]}`,
      goto: async (url) => void (await page.goto(url)),
      evaluate: (expression) => page.evaluate(expression),
      move: (x, y) => page.mouse.move(x, y),
      press: () => page.mouse.down(),
      release: () => page.mouse.up(),
      keyDown: (key) => page.keyboard.down(key as 'a'),
      keyUp: (key) => page.keyboard.up(key as 'a'),
      end: () => browser.close(),
    };
  },
};

const miniBrowser = globSync('/usr/lib/*/webkit2gtk-4.*/MiniBrowser').at(-1);
const webKitParts = [miniBrowser, '/usr/bin/WebKitWebDriver', '/usr/bin/Xvfb'];

/** The engine of Safari, as GTK programs have it. */
const webKit: Engine = {
  name: 'WebKitGTK',
  missing: webKitParts.every((path) => path !== undefined && existsSync(path))
    ? undefined
    : 'there is no WebKitGTK (apt-get install -y --no-install-recommends webkit2gtk-driver xvfb)',
  async open() {
    const home = await mkdtemp(join(tmpdir(), 'gatehouse-webkit-'));
    const screen = spawn('/usr/bin/Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const [display] = await once(screen.stdio[3]!, 'data');
    const port = await freePort();
    const driver = spawn('/usr/bin/WebKitWebDriver', [`--port=${port}`], {
      env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, DISPLAY: `:${String(display).trim()}` },
      stdio: 'ignore',
    });
    const ask = createAsking(`http://127.0.0.1:${port}`);
    const { sessionId, capabilities } = await beginSession(ask);
    const session = `/session/${sessionId}`;
    const act = (source: object, action: object) =>
      ask('POST', `${session}/actions`, { actions: [{ ...source, actions: [action] }] });
    const mouse = { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' } };
    const keys = { type: 'key', id: 'keys' };
    const run = async (action: Promise<unknown>) => void (await action);
    return {
      browser: `WebKitGTK ${capabilities.browserVersion}`,
      goto: (url) => run(ask('POST', `${session}/url`, { url })),
      evaluate: (expression) =>
        ask('POST', `${session}/execute/async`, {
          script: `const [done] = arguments; Promise.resolve(${expression}).then(done);`,
          args: [],
        }),
      move: (x, y) =>
        run(act(mouse, { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0 })),
      press: () => run(act(mouse, { type: 'pointerDown', button: 0 })),
      release: () => run(act(mouse, { type: 'pointerUp', button: 0 })),
      keyDown: (value) => run(act(keys, { type: 'keyDown', value })),
      keyUp: (value) => run(act(keys, { type: 'keyUp', value })),
      async end() {
        await ask('DELETE', session);
        for (const child of [driver, screen]) await ended(child);
        await rm(home, { recursive: true, force: true });
      },
    };
  },
};

/** The engines of Chrome and Edge, of Firefox, and of Safari. */
export const engines = { chromium, firefox, webKit };

type Ask = (method: string, path: string, body?: object) => Promise<unknown>;

/** WebDriver (W3C): JSON over HTTP. */
const createAsking =
  (origin: string): Ask =>
  async (method, path, body) => {
    const answer = await fetch(origin + path, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = (await answer.json()) as { value: { message?: string } };
    if (!answer.ok) throw new Error(`WebDriver answered ${answer.status}: ${value.message}`);
    return value;
  };

interface Session {
  sessionId: string;
  capabilities: { browserVersion: string };
}

/** As soon as the driver listens. */
async function beginSession(ask: Ask): Promise<Session> {
  const wanted = {
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] },
  };
  for (let attempts = 0; ; attempts += 1) {
    try {
      return (await ask('POST', '/session', { capabilities: { alwaysMatch: wanted } })) as Session;
    } catch (error) {
      if (!(error instanceof TypeError) || attempts === 100) throw error;
      await pause(50);
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}
