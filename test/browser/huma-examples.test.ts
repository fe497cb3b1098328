import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Page, Request } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { missing, openChromium, why } from './chromium.ts';
import { click, type HumaBox, openAsPerson, solve, startHumaBox } from './huma-person.ts';
import { installPackage, openShop } from './huma-shop.ts';

// The applications of sdk/examples, as they lie there, against the appliance itself.

const examples = join(import.meta.dirname, '../../sdk/examples');
const nextHome = join(homedir(), '.cache/gatehouse-next');
const noNext = existsSync(join(nextHome, 'node_modules/next'))
  ? undefined
  : 'Next is not installed (npm install --prefix ~/.cache/gatehouse-next next@16 react@19 react-dom@19)';

let box: HumaBox;
let browser: Browser;
let serverKey: string;
const folders: string[] = [];
const servers: ChildProcess[] = [];

beforeAll(async () => {
  if (missing) return;
  box = await startHumaBox();
  serverKey = await box.newKey();
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  for (const server of servers) {
    if (server.exitCode !== null || server.signalCode !== null) continue;
    const ended = once(server, 'exit');
    // `next start` has a server below it.
    process.kill(-server.pid!);
    await ended;
  }
  await box?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function copyOf(example: string, beginning = join(tmpdir(), 'gatehouse-example-')): string {
  const folder = mkdtempSync(beginning);
  folders.push(folder);
  cpSync(join(examples, example), folder, { recursive: true });
  return folder;
}
const envOf = (more: Record<string, string> = {}) => ({
  ...process.env,
  HUMA_API_KEY: serverKey,
  HUMA_BASE_URL: box.url,
  ...more,
});
/** Resolves with the first line that matches. */
async function begin(folder: string, words: string[], env: Record<string, string>, ready: RegExp) {
  const [program, ...rest] = words as [string, ...string[]];
  const server = spawn(program, rest, {
    cwd: folder,
    env: envOf(env),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  servers.push(server);
  for await (const line of createInterface({ input: server.stdout! })) {
    const [found] = ready.exec(line) ?? [];
    if (found === undefined) continue;
    server.stdout!.resume();
    return found;
  }
  throw new Error(`${words.join(' ')} ended before it listened`);
}

/**
 * Time passes until a heartbeat is answered: the session begins a moment after the page said so. In steps, since a request whose time is up is
 * given up by the page (10 s by its clock), and not while one is under way.
 */
async function watched(page: Page): Promise<void> {
  let asked: Request | undefined;
  page.on('request', (request) => {
    if (request.url().endsWith('/api/v1/session')) asked ??= request;
  });
  await expect
    .poll(async () => {
      if (asked === undefined) await page.clock.runFor(9_000);
      return (await (await asked?.response())?.json())?.action;
    })
    .toBe('allow');
  await page.context().close();
}

test.skipIf(missing)(
  `plain: a person signs up and is watched; a scripted post is refused${why}`,
  async () => {
    const folder = copyOf('plain');
    installPackage(folder);
    const port = String(await freePort());
    const origin = `http://127.0.0.1:${port}`;
    const pageKey = await box.newKey('--browser', '--origin', origin);
    const node = join(import.meta.dirname, '../../node_modules/.bin/node');
    await begin(folder, [node, 'server.mjs'], { HUMA_PAGE_KEY: pageKey, PORT: port }, /^http:\S+$/);
    const page = await openAsPerson(browser, origin);
    await page.getByLabel('Name').pressSequentially('Zoë', { delay: 110 });
    const verified = page.waitForResponse('**/api/v1/verify');
    await click(page, 'Sign up');
    await page.getByText('Welcome, Zoë.').waitFor();
    await verified;
    await watched(page);
    const scripted = await fetch(`${origin}/api/check`, { method: 'POST', body: '{"userId":"Zoë"}' });
    expect(await scripted.json()).toEqual({ allowed: false, confidence: 0, refused: 'no_signals' });
  },
);

test.skipIf(missing)(
  `plain: with the appliance down a person gets in, and a scripted post does not${why}`,
  async () => {
    const folder = copyOf('plain');
    installPackage(folder);
    const port = String(await freePort());
    const origin = `http://127.0.0.1:${port}`;
    const node = join(import.meta.dirname, '../../node_modules/.bin/node');
    const down = { HUMA_BASE_URL: `http://127.0.0.1:${await freePort()}` };
    await begin(
      folder,
      [node, 'server.mjs'],
      { ...down, HUMA_PAGE_KEY: 'huma_live_page', PORT: port },
      /^http:\S+$/,
    );
    const page = await openAsPerson(browser, origin);
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    await page.getByLabel('Name').pressSequentially('Zoë', { delay: 110 });
    await click(page, 'Sign up');
    await page.getByText('Welcome, Zoë.').waitFor();
    await expect.poll(() => page.evaluate('Huma.debug().session')).toBe(false);
    expect(faults).toEqual([]);
    await page.context().close();
    const scripted = await fetch(`${origin}/api/check`, { method: 'POST', body: '{"userId":"Zoë"}' });
    expect(await scripted.json()).toEqual({ allowed: false, confidence: 0, refused: 'no_signals' });
  },
);

test.skipIf(missing)(`plain: no post ends the server, and none names its user${why}`, async () => {
  const folder = copyOf('plain');
  installPackage(folder);
  const node = join(import.meta.dirname, '../../node_modules/.bin/node');
  const start = async (env: Record<string, string> = {}) => {
    const port = String(await freePort());
    const own = { HUMA_PAGE_KEY: 'huma_live_page', PORT: port, ...env };
    await begin(folder, [node, 'server.mjs'], own, /^http:\S+$/);
    return async (body: string) => {
      const reply = await fetch(`http://127.0.0.1:${port}/api/check`, { method: 'POST', body });
      return [reply.status, await reply.json()];
    };
  };
  const post = await start();
  const signals = (more: string) => `{"userId":"victim","signals":{"counts":{"move":1}${more}}}`;
  const refused = [200, { allowed: false, confidence: 0, refused: 'invalid_signals' }];
  for (const more of [
    ',"sid":"\\u0000"',
    ',"sid":"\\ud800"',
    ',"__proto__":{"a":1}',
    ',"constructor":{"prototype":{"a":1}}',
    `,"x":${'['.repeat(3_000)}${']'.repeat(3_000)}`,
    `,"x":"${'x'.repeat(10_000)}"`,
  ])
    expect([more.slice(0, 30), await post(signals(more))]).toEqual([more.slice(0, 30), refused]);
  for (const body of ['', '{', 'null', '7', `"${'x'.repeat(200_000)}"`])
    expect([body.slice(0, 9), ...(await post(body))]).toEqual([body.slice(0, 9), 400, { allowed: false }]);
  const wrongKey = await start({ HUMA_API_KEY: 'huma_live_of_no_one' });
  for (const _ of [1, 2]) expect(await wrongKey(signals(''))).toEqual([503, { allowed: false }]);
});

test.skipIf(missing)(`React: the gate, the button and the heartbeats${why}`, async () => {
  const module = readFileSync(join(examples, 'react/sign-up.jsx'), 'utf8');
  const shop = await openShop('');
  try {
    const pageKey = await box.newKey('--browser', '--origin', shop.origin);
    const program = `import { createRoot } from 'react-dom/client';
      import { Pay, SignUp, Watch } from './sign-up.jsx';
      const own = { userId: 'user_react' };
      createRoot(document.querySelector('#root')).render(<>
        <SignUp {...own} send={(token) => got.push(token)} />
        <Pay {...own} pay={(token) => got.push(token)} />
        <Watch {...own} logout={() => got.push('logout')} />
      </>);`;
    await shop.bundle(program, {
      modules: { 'sign-up.jsx': module },
      env: { VITE_HUMA_BASE_URL: box.url, VITE_HUMA_PAGE_KEY: pageKey },
    });
    const page = await openAsPerson(browser, shop.origin);
    await page.getByLabel('Name').pressSequentially('Zoë', { delay: 110 });
    await click(page, 'Sign up');
    await solve(page);
    await page.getByText('Welcome.').waitFor();
    await click(page, 'Pay');
    const tokens = [expect.stringMatching(/^h_challenge_/), expect.stringMatching(/^h_verified_/)];
    await expect.poll(() => page.evaluate('got')).toEqual(tokens);
    await watched(page);
  } finally {
    shop.close();
  }
});

const nextless = missing ?? noNext;
test.skipIf(nextless)(
  `Next: a Server Action and a Route Handler in the edge runtime${nextless ? `: ${nextless}` : ''}`,
  async () => {
    // Below the folder of Next: it follows no link out of its root.
    const folder = copyOf('next', join(nextHome, 'example-'));
    installPackage(folder);
    const next = join(nextHome, 'node_modules/next/dist/bin/next');
    const quiet = { NEXT_TELEMETRY_DISABLED: '1' };
    const built = spawnSync(process.execPath, [next, 'build'], {
      cwd: folder,
      env: envOf(quiet),
      encoding: 'utf8',
    });
    expect([built.status, built.status === 0 ? '' : built.stdout + built.stderr]).toEqual([0, '']);
    const port = String(await freePort());
    await begin(folder, [process.execPath, next, 'start', '-p', port, '-H', '127.0.0.1'], quiet, /Ready in/);
    const origin = `http://127.0.0.1:${port}`;

    const page = await openAsPerson(browser, origin);
    await page.getByLabel('Name').pressSequentially('Zoë', { delay: 110 });
    await click(page, 'Sign up');
    await page.getByText('Welcome, Zoë.').waitFor();
    const signals = await page.evaluate('Huma.debug().features');
    await page.context().close();

    const post = async (body: object) => {
      const reply = await fetch(`${origin}/api/check`, { method: 'POST', body: JSON.stringify(body) });
      return [reply.status, await reply.json()];
    };
    expect(await post({ name: 'Zoë' })).toMatchObject([403, { code: 'NO_SIGNALS' }]);
    expect(await post({ name: 'Zoë', signals })).toMatchObject([200, { ok: true, name: 'Zoë' }]);

    // Without the script, as a scripted browser posts the form.
    const bare = await browser.newContext({ javaScriptEnabled: false });
    const form = await bare.newPage();
    await form.goto(origin);
    await form.getByLabel('Name').fill('Bot');
    await form.getByRole('button').click();
    await form.getByText('bot_detected').waitFor();
    await bare.close();
  },
);
