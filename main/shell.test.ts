import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestElectron, type TestElectron } from '../test/support/electron.ts';
import { createManualTimers } from '../test/support/manual-timers.ts';
import type { Choices } from './choices.ts';
import { runShell, type Shell } from './shell.ts';

let folder: string;
let data: string;
let desktop: TestElectron;
let said: string[];
let ticks: (() => void)[];
let started: string[];
let end: (why: string) => void;
let stops: string[];
let timers: ReturnType<typeof createManualTimers>;
let server: Server | undefined;
let status: unknown;
let alerts: unknown[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-shell-'));
  data = folder;
  desktop = createTestElectron(folder);
  [said, ticks, started, stops, alerts] = [[], [], [], [], []];
  timers = createManualTimers();
  status = { ready: true, service: { url: 'http://127.0.0.1:7300', settings: {} } };
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A service that answers on the control socket. */
async function serve(): Promise<void> {
  server = createServer(({ url }, reply) => {
    const body = url?.startsWith('/api/admin/alerts') ? { items: alerts } : status;
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server!.listen(join(data, 'control.sock'), resolve));
}

const run = (more: Partial<Choices> = {}, pages?: string): Promise<Shell | undefined> =>
  runShell({
    electron: desktop.electron,
    pages,
    choices: { target: { is: 'here', data }, kiosk: false, hidden: false, ...more },
    start(at) {
      started.push(at);
      const { promise, resolve } = Promise.withResolvers<string>();
      end = resolve;
      return {
        ended: promise,
        stop() {
          stops.push('stop');
          resolve('asked to');
        },
        kill: () => void stops.push('kill'),
      };
    },
    now: () => 0,
    after: timers.after,
    say: (line) => said.push(line),
    repeat(work) {
      ticks.push(work);
      return () => void ticks.splice(0);
    },
  });
const [labels, press] = [
  () => desktop.menu.map(({ label }) => label ?? '-'),
  (label: string) => desktop.menu.find((one) => one.label?.startsWith(label))!.click!(),
];
const loaded = () => desktop.windows.at(-1)!.loaded.at(-1);
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('what has to be set before Electron is ready is, and nothing is shown until it is', async () => {
  const ready = desktop.hold();
  const running = run();
  expect(desktop.calls).toEqual([
    'name Gatehouse',
    'model app.gatehouse.desktop',
    expect.stringMatching(/^userData .*\/Gatehouse\/[0-9a-f]{16}$/),
    'sandbox',
    'privileged gatehouse-start',
    'scheme gatehouse',
    'lock',
  ]);
  expect(desktop.windows).toEqual([]);
  ready();
  await running;
  expect([desktop.calls.at(-1), desktop.windows.length]).toEqual(['tray', 1]);
});

test('a checkout does not take the links of an installed one', async () => {
  desktop.isPackaged = false;
  await run();
  expect(desktop.calls).not.toContain('scheme gatehouse');
});

test('each service has a place, and so a lock, of its own', async () => {
  const places = [];
  for (const target of [
    { is: 'here', data: join(folder, 'one') },
    { is: 'here', data: join(folder, 'two') },
    { is: 'elsewhere', url: new URL('https://127.0.0.1:1') },
  ] as const) {
    desktop = createTestElectron(folder);
    await run({ target });
    places.push(desktop.calls.find((call) => call.startsWith('userData')));
  }
  expect(new Set(places).size).toBe(3);
});

test('a second one says so and ends; the first comes to the front, also at a link', async () => {
  await serve();
  await run({ hidden: true });
  await expect.poll(() => desktop.tooltip).toContain('No open alerts');
  expect(desktop.windows).toEqual([]);
  desktop.fire('second-instance', {}, ['gatehouse', '--hidden']);
  expect(desktop.windows).toEqual([]);
  desktop.fire('second-instance', {}, ['gatehouse']);
  expect(loaded()).toBe('http://localhost:7300/console/');
  desktop.fire('second-instance', {}, ['gatehouse', 'gatehouse://console/people/sub_1?env=test']);
  expect([desktop.windows.length, loaded()]).toEqual([
    1,
    'http://localhost:7300/console/people/sub_1?env=test',
  ]);
  desktop.fire('second-instance', {}, ['gatehouse', 'gatehouse://evil/x']);
  expect(said.at(-1)).toContain('names no screen');

  desktop = createTestElectron(folder);
  desktop.locked = true;
  await run();
  expect(desktop.calls.slice(-2)).toEqual(['quit', 'gone']);
  expect([said.at(-1), desktop.windows]).toEqual([
    expect.stringContaining('already: it comes to the front'),
    [],
  ]);
});

test('links that macOS passes on before and after it is ready open their screens', async () => {
  await serve();
  const ready = desktop.hold();
  const running = run();
  expect(desktop.fireAs('open-url', 'gatehouse://console/audit')).toBe(true);
  ready();
  await running;
  await expect.poll(loaded).toBe('http://localhost:7300/console/audit');
  desktop.fireAs('open-url', 'gatehouse://console/alerts');
  expect(loaded()).toBe('http://localhost:7300/console/alerts');
});

test('a service that runs is used, and quitting leaves it alone', async () => {
  await serve();
  await run();
  expect(loaded()).toBe('gatehouse-start://shell/');
  await expect.poll(loaded).toBe('http://localhost:7300/console/');
  await expect
    .poll(labels)
    .toEqual([
      'Gatehouse is running: http://localhost:7300',
      'No open alerts.',
      '-',
      'Open the console',
      'Open the kiosk',
      'Check now',
      '-',
      'Quit: alerts are not shown any more',
    ]);
  press('Quit');
  await settle();
  expect([started, stops, ticks]).toEqual([[], [], []]);
  expect(desktop.calls.slice(-2)).toEqual(['tray gone', 'gone']);
});

test('without one it is started, shown once it answers, and stopped before the shell ends', async () => {
  await run();
  await expect.poll(() => started).toEqual([data]);
  expect((await startPage()).title).toBe('Gatehouse is starting');
  await serve();
  timers.expire();
  await expect.poll(loaded).toBe('http://localhost:7300/console/');
  expect(labels().at(-1)).toBe('Quit: the service stops too');
  press('Quit');
  expect([stops, desktop.calls.at(-1)]).toEqual([['stop'], 'quit']);
  await settle();
  expect(desktop.calls.at(-1)).toBe('gone');
});

async function startPage(): Promise<{ title: string; actions: { action: string }[] }> {
  const session = desktop.sessions.get('persist:gatehouse-console')!;
  return (await session.startPage('/words?after=-1')).json() as never;
}
const pressOnPage = (action: string) =>
  desktop.sessions.get('persist:gatehouse-console')!.startPage(`/${action}`, {
    method: 'POST',
    headers: { 'x-gatehouse-start': '1' },
  });

test('a service that does not start is shown with its reason and its log, and is tried again on request', async () => {
  await run();
  await expect.poll(() => started.length).toBe(1);
  end('Port 7300 on 127.0.0.1 is in use by another program.');
  await expect.poll(async () => (await startPage()).title).toBe('Gatehouse does not start');
  expect(await startPage()).toMatchObject({
    detail: 'Port 7300 on 127.0.0.1 is in use by another program.',
    line: { text: expect.stringMatching(/service\.log$/) },
  });
  await pressOnPage('log');
  expect(desktop.calls.at(-1)).toMatch(/^show .*service\.log$/);
  await pressOnPage('retry');
  await expect.poll(() => started.length).toBe(2);
});

test('a service that is away for a moment leaves the open page alone; for longer, the start page takes its place', async () => {
  await serve();
  await run();
  await expect.poll(loaded).toBe('http://localhost:7300/console/');
  desktop.windows[0]!.loaded.push('http://localhost:7300/console/people?q=ada');
  server!.closeAllConnections();
  await new Promise((resolve) => server!.close(resolve));
  await settle();
  timers.expire();
  await expect.poll(() => said.join()).toContain('Gatehouse does not answer');
  expect(loaded()).toBe('http://localhost:7300/console/people?q=ada');
  expect(timers.running()).toContain(8_000);
  timers.expire();
  await expect.poll(loaded).toBe('gatehouse-start://shell/');
  await serve();
  const loadedLater = () => {
    timers.expire();
    return loaded();
  };
  await expect.poll(loadedLater).toBe('http://localhost:7300/console/people?q=ada');
  expect(started).toEqual([]);
});

test('a box without an owner is opened where one is made, by the token of its own screen', async () => {
  await serve();
  const token = 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa';
  writeFileSync(join(data, 'setup-token'), `${token}\n`);
  await run();
  await expect.poll(loaded).toBe(`http://localhost:7300/console/setup#token=${token}`);
  expect(said.join()).not.toContain(token);
  writeFileSync(join(data, 'setup-token'), '@evil.example/');
  desktop.windows[0]!.close();
  press('Open the console');
  expect(loaded()).toBe('http://localhost:7300/console/');
});

test('size and place of the console are kept, and a page that does not load says so and is tried again', async () => {
  await serve();
  await run();
  await expect.poll(loaded).toBe('http://localhost:7300/console/');
  const [first] = desktop.windows;
  first!.bounds = { x: 100, y: 120, width: 900, height: 700 };
  first!.close();
  press('Open the console');
  const second = desktop.windows[1]!;
  expect(second.options).toMatchObject(first!.bounds);
  const fail = (code: number, name: string) =>
    second.webContents.fire('did-fail-load', {}, code, name, 'http://localhost:7300/console/', true);
  fail(-3, 'ERR_ABORTED');
  expect(loaded()).toBe('http://localhost:7300/console/');
  fail(-202, 'ERR_CERT_AUTHORITY_INVALID');
  expect(loaded()).toBe('gatehouse-start://shell/');
  expect(await startPage()).toMatchObject({
    title: 'The console does not load',
    detail: expect.stringContaining('ERR_CERT_AUTHORITY_INVALID'),
  });
  await pressOnPage('retry');
  await expect.poll(loaded).toBe('http://localhost:7300/console/');
  second.webContents.fire('render-process-gone', {}, { reason: 'crashed' });
  expect(loaded()).toBe('gatehouse-start://shell/');
});

test('a notification opens its alert in the console', async () => {
  await serve();
  alerts = [{ id: 'alr_1', name: 'Disk', metric: 'disk-free', env: 'test', value: 1, threshold: 2 }];
  await run({ hidden: true });
  await expect.poll(() => desktop.shown.length).toBe(1);
  await expect.poll(() => said.join()).toContain('is running');
  desktop.shown[0]!.click();
  expect(loaded()).toBe('http://localhost:7300/console/alerts?alert=alr_1&env=test');
});

test('an open kiosk is closed only once its service confirms the token, or by the operator of the machine', async () => {
  await serve();
  const shell = await run({ kiosk: true });
  await expect.poll(loaded).toBe('http://localhost:7300/kiosk/');
  const [kiosk] = desktop.windows;
  expect([kiosk!.options.kiosk, kiosk!.options.fullscreen, kiosk!.hasMenu]).toEqual([true, true, false]);
  expect(kiosk!.close()).toBe(true);
  desktop.electron.app.quit();
  desktop.fire('second-instance', {}, ['gatehouse', 'gatehouse://console/people']);
  press('Open the console');
  await settle();
  expect([desktop.windows.length, kiosk!.isDestroyed, desktop.calls.at(-1)]).toEqual([1, false, 'quit']);
  const session = desktop.sessions.get('persist:gatehouse-kiosk')!;
  const goLeft = async (hash: string) => {
    const url = `http://localhost:7300/kiosk/left${hash}`;
    expect(kiosk!.webContents.fireAs('will-navigate', { url })).toBe(true);
    await settle();
    return [kiosk!.isDestroyed, desktop.windows.length];
  };
  for (const answers of [
    async () => ({ status: 401 }),
    async () => ({ status: 200 }),
    async () => Promise.reject(new Error('ECONNREFUSED')),
  ]) {
    session.answers = answers;
    for (const hash of ['', '#token=kiosk_left_guess']) expect(await goLeft(hash)).toEqual([false, 1]);
  }
  expect(said.at(-1)).toContain('The kiosk stays');
  session.answers = async () => ({ status: 204 });
  expect(await goLeft('#token=kiosk_left_1')).toEqual([true, 2]);
  expect(session.sent.at(-1)).toBe('http://localhost:7300/api/kiosk/left {"token":"kiosk_left_1"}');
  desktop.windows[1]!.close();
  press('Open the kiosk');
  shell!.quit();
  await settle();
  expect([desktop.windows[2]!.isDestroyed, desktop.calls.at(-1)]).toEqual([true, 'gone']);
});

test('a desktop without a tray ends with its last window; with one it stays', async () => {
  await serve();
  await run();
  desktop.fire('window-all-closed');
  expect(desktop.calls).not.toContain('quit');
  desktop = createTestElectron(folder);
  desktop.trayFails = true;
  await run();
  expect(said).toContainEqual(expect.stringContaining('This desktop has no tray'));
  desktop.fire('window-all-closed');
  expect(desktop.calls).toContain('quit');
});

test('a desktop without notifications gets the command that lists alerts', async () => {
  desktop.supported = false;
  await serve();
  await run();
  await expect.poll(() => desktop.tooltip).toContain('gatehouse alert list');
});

test('German where the desktop speaks it', async () => {
  desktop.locale = 'de-CH';
  await serve();
  await run();
  await expect.poll(() => labels()[0]).toBe('Gatehouse läuft: http://localhost:7300');
});

test('in development the console comes from the development server, and the kiosk from the service', async () => {
  const pages = 'http://localhost:5173';
  desktop.isPackaged = false;
  desktop.locked = true;
  writeFileSync(join(data, 'setup-token'), 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa');
  await run({}, pages);
  // `npm run dev` runs the service
  await expect.poll(async () => (await startPage()).title).toBe('Gatehouse does not answer');
  expect([started, desktop.calls.includes('lock')]).toEqual([[], false]);
  await serve();
  timers.expire();
  await expect.poll(loaded).toBe(`${pages}/console/`);
  press('Open the kiosk');
  expect(loaded()).toBe('http://localhost:7300/kiosk/');
  const [console, kiosk] = ['console', 'kiosk'].map(
    (name) => desktop.sessions.get(`persist:gatehouse-${name}`)!,
  );
  const refused = [`${pages}/console/main.tsx`, 'ws://localhost:5173/', 'http://localhost:7300/assets/a.js'];
  expect(refused.map((url) => console!.isCancelled(url))).toEqual([false, false, true]);
  expect(refused.map((url) => kiosk!.isCancelled(url))).toEqual([true, true, false]);
});

test('in development a box elsewhere shows its own console', async () => {
  server = createServer((_, reply) => reply.end('{"ready":true}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const box = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await run({ target: { is: 'elsewhere', url: new URL(box) } }, 'http://localhost:5173');
  await expect.poll(loaded).toBe(`${box}/console/`);
});
