import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Frame, FrameLocator, Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { createApiEnd } from '../../service/engine/live/index.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { analysisOf, direction } from '../support/faces.ts';
import { frameNamed, liveSessionsOver, scriptedChallenges } from '../support/live-sessions.ts';
import { operatorParts } from '../support/operator-parts.ts';
import { button } from './capture-states.ts';
import { missing, openChromium, why } from './chromium.ts';

// `@gatehouse/sdk/humanpass` as it is published, in a page of another origin than the appliance, with the real verification page.

const root = join(import.meta.dirname, '../..');
let folder: string;
let engine: Engine;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let access: ReturnType<typeof createAccess>;
let base: string;
let browser: Browser;
let apiKey: string;
let origin: string;
let frames = 0;
const words = captureStrings.en;

const pages = createServer((request, response) => {
  const name = /^\/([\w-]+\.js)$/.exec(request.url ?? '')?.[1];
  response.setHeader('content-type', name ? 'text/javascript' : 'text/html');
  const html = '<!doctype html><title>shop</title><button>verify</button><div id="frame"></div>';
  const file = name && join(folder, name === 'shop.js' ? 'shop' : 'dist/esm', name);
  response.end(file ? readFileSync(file) : html);
});

/** A page of a shop that uses the component and the hook, bundled as a shop does it. */
async function bundleShop(): Promise<void> {
  writeFileSync(join(folder, 'shop.mjs'), shopProgram);
  const react = join(root, 'node_modules/react');
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    publicDir: false,
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: { alias: { 'react-dom': join(root, 'node_modules/react-dom'), react } },
    build: {
      outDir: join(folder, 'shop'),
      minify: false,
      lib: { entry: join(folder, 'shop.mjs'), formats: ['es'], fileName: () => 'shop.js' },
    },
  });
}
const shopProgram = `
import { createElement as h, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import HumanPassClient from './dist/esm/humanpass.js';
import { HumanPass, useHumanPass } from './dist/esm/humanpass-react.js';

export function open({ options, framed }) {
  window.got = [];
  const client = new HumanPassClient(options);
  const wanted = { uniquenessPolicy: 'off' };
  const Framed = () => h(HumanPass, {
    client, ...wanted,
    onResult: ({ sessionId, token, decision }) => window.got.push({ sessionId, token, decision }),
    onError: ({ code }) => window.got.push({ code }),
  });
  const Checkout = () => {
    const { state, result, error, verify } = useHumanPass(client);
    return h('div', null,
      h('button', { disabled: state === 'running', onClick: () => verify(wanted) }, 'Verify'),
      h('p', { id: 'state' }, [state, result?.decision, error?.code].filter(Boolean).join(' ')));
  };
  const root = createRoot(document.querySelector('#frame'));
  root.render(h(StrictMode, null, h(framed ? Framed : Checkout)));
  window.leave = () => root.unmount();
}
`;

beforeAll(async () => {
  if (missing) return;
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-humanpass-page-'));
  const built = spawnSync(process.execPath, [join(root, 'sdk/gatehouse/build.mjs'), folder]);
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
  await bundleShop();
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  engine = await startEngine({ start: Date.now() });
  const eventsOut = await openEventsOut(engine);
  await engine.installPad();
  access = createAccess({ ...engine, log: silentLog, refusals: engine.limits.refusals });
  const { events, personTokens } = engine;
  const liveSessions = liveSessionsOver(engine, {
    challenges: scriptedChallenges(),
    handlers: { api: createApiEnd({ events, passes: personTokens.passes, callbacks: eventsOut.callbacks }) },
  });
  const parts = { ...engine, ...eventsOut, ...operatorParts, access, liveSessions, log: silentLog };
  const metrics = createMetrics({ processMetrics: false });
  app = await createPublicServer({ ...parts, metrics }, { trustedProxies: [] });
  base = await app.listen({ host: '127.0.0.1', port: 0 });
  const scopes = ['sessions' as const];
  const wanted = { organization: engine.organization, world: 'live' as const, scopes };
  apiKey = (await access.createKey({ ...wanted, browser: true, origins: [origin] }, operator)).key;
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await access?.settled();
  await engine?.stop();
  pages.closeAllConnections();
  pages.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** As text: Vitest rewrites an `import()` of a module of its own. Runs in a click, as a window needs it. */
const program = `({ mode, ...options }) => {
  const ready = import('/humanpass.js').then(({ default: HumanPassClient }) => {
    const client = new HumanPassClient(options);
    document.querySelector('button').onclick = () => {
      const container = document.querySelector('#frame');
      window.outcome = client
        .verify({ mode, container, uniquenessPolicy: 'off', metadata: { checkoutId: 'order_42' } })
        .then(({ sessionId, token, decision }) => ({ sessionId, token, decision }), ({ code }) => ({ code }));
    };
    window.resume = () => client.resume();
  });
  return ready;
}`;

async function openShop(mode: 'popup' | 'iframe' | 'redirect'): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(origin);
  await load(page, mode);
  return page;
}
const load = (page: Page, mode: string) =>
  page.evaluate(
    `(${program})(${JSON.stringify({ mode, apiKey, apiUrl: base, verifyUrl: `${base}/verify` })})`,
  );
const outcomeOf = (page: Page) => page.evaluate('window.outcome') as Promise<Record<string, unknown>>;

/** The person passes, over the API: the camera of this browser shows no face. */
async function pass(sessionId: string, token: string): Promise<void> {
  const path = `${base}/api/v1/sessions/${sessionId}`;
  const send = async (body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const reply = await fetch(`${path}/signals`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await reply.json()) as { next: string };
  };
  let { next } = await send({ consent: { textVersion: 'gatehouse-live-2-none-365' } });
  for (let i = 0; i < 12 && next === 'frames'; i++) {
    const name = `frame ${++frames}`;
    const bytes = frameNamed(name);
    const embeddings = { 'a-net': direction('ada') };
    engine.analyzer.show(new TextDecoder().decode(bytes), analysisOf(name, { embeddings, live: 0.99 }));
    engine.advance(100);
    const image = Buffer.from(bytes).toString('base64');
    ({ next } = await send({ frames: [{ image, time: engine.clock.now() }] }));
  }
}

/** The person ends the check on the page, before anything began. */
async function giveUp(page: Page | FrameLocator): Promise<void> {
  await page.getByRole('button', { name: /^Cancel/ }).click();
  await button(page as Page, words.leaveEnd);
}
async function frameIn(page: Page): Promise<Frame> {
  const shown = await page.locator('#frame iframe').elementHandle();
  return (await shown!.contentFrame())!;
}
type Place = Pick<Frame, 'getByRole' | 'url' | 'evaluate'>;

/** The person passes elsewhere, while the page stands at its first question; gives the session. */
async function passBeside(place: Place): Promise<string> {
  await place.getByRole('button', { name: words.agree }).waitFor();
  // The token has left the address.
  const token = await place.evaluate<string>(
    `JSON.parse(sessionStorage.getItem('gatehouse-live')).link.token`,
  );
  const sessionId = new URL(place.url()).searchParams.get('client')!;
  await pass(sessionId, token);
  return sessionId;
}
const approved = (sessionId: string) => ({
  sessionId,
  decision: 'approved',
  token: expect.stringMatching(/^hp_eyJ/),
});

async function openPopup(page: Page, name: string): Promise<Page> {
  const opened = page.waitForEvent('popup');
  await button(page, name);
  return opened;
}

test.skipIf(missing)(`popup: a person who cancels${why}`, async () => {
  const page = await openShop('popup');
  const popup = await openPopup(page, 'verify');
  const closed = popup.waitForEvent('close');
  await giveUp(popup);
  expect(await outcomeOf(page)).toEqual({ code: 'CANCELLED' });
  await closed;
});

test.skipIf(missing)(`popup: a person who passes, and the window closes itself${why}`, async () => {
  const page = await openShop('popup');
  const popup = await openPopup(page, 'verify');
  const closed = popup.waitForEvent('close');
  const sessionId = await passBeside(popup);
  await popup.reload();
  expect(await outcomeOf(page)).toEqual(approved(sessionId));
  await closed;
});

test.skipIf(missing)(
  `popup: a window that the person closes, before the end and after it${why}`,
  async () => {
    const early = await openShop('popup');
    const unread = await openPopup(early, 'verify');
    await unread.getByRole('button', { name: words.agree }).waitFor();
    await unread.close();
    expect(await outcomeOf(early)).toEqual({ code: 'CLOSED' });
    const late = await openShop('popup');
    const popup = await openPopup(late, 'verify');
    const sessionId = await passBeside(popup);
    await popup.close();
    expect(await outcomeOf(late)).toEqual(approved(sessionId));
  },
);

test.skipIf(missing)(
  `iframe: in a page of an allowed origin; the frame goes with the end${why}`,
  async () => {
    const page = await openShop('iframe');
    await button(page, 'verify');
    await giveUp(page.frameLocator('#frame iframe'));
    expect(await outcomeOf(page)).toEqual({ code: 'CANCELLED' });
    expect(await page.locator('#frame iframe').count()).toBe(0);
    await button(page, 'verify');
    const frame = await frameIn(page);
    const sessionId = await passBeside(frame);
    await frame.goto(frame.url());
    expect(await outcomeOf(page)).toEqual(approved(sessionId));
  },
);

async function goBack(page: Page): Promise<void> {
  await page.getByRole('link', { name: /^Back to / }).click();
  await page.waitForURL(`${origin}/`);
}

test.skipIf(missing)(`redirect: away, and back with the result, once${why}`, async () => {
  const page = await openShop('redirect');
  await button(page, 'verify');
  const sessionId = await passBeside(page);
  await page.reload();
  await goBack(page);
  await load(page, 'redirect');
  expect(await page.evaluate('window.resume()')).toMatchObject(approved(sessionId));
  expect(await page.evaluate('window.resume()')).toBeUndefined();
});

test.skipIf(missing)(`redirect: a person who cancels comes back without a pass${why}`, async () => {
  const page = await openShop('redirect');
  await button(page, 'verify');
  await giveUp(page);
  await goBack(page);
  await load(page, 'redirect');
  expect(await page.evaluate('window.resume()')).toMatchObject({ decision: 'rejected', token: null });
});

const openReact = async (framed: boolean): Promise<Page> => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(origin);
  const given = JSON.stringify({ options: { apiKey, apiUrl: base }, framed });
  await page.evaluate(`import('/shop.js').then(({ open }) => open(${given}))`);
  return page;
};
const sessionsMade = async () => (await engine.db.selectFrom('live_session').select('id').execute()).length;

test.skipIf(missing)(
  `React: the component shows the page in a frame and gives the result${why}`,
  async () => {
    const before = await sessionsMade();
    const page = await openReact(true);
    const frame = await frameIn(page);
    const sessionId = await passBeside(frame);
    await frame.goto(frame.url());
    await expect.poll(() => page.evaluate('window.got')).toEqual([approved(sessionId)]);
    // The strict mode of React mounts twice.
    expect(await sessionsMade()).toBe(before + 1);
  },
);

test.skipIf(missing)(
  `React: a component that goes takes the frame with it, and says nothing${why}`,
  async () => {
    const page = await openReact(true);
    await page.frameLocator('#frame iframe').getByRole('button', { name: words.agree }).waitFor();
    await page.evaluate('window.leave()');
    expect(await page.locator('iframe').count()).toBe(0);
    expect(await page.evaluate('window.got')).toEqual([]);
  },
);

test.skipIf(missing)(`React: the hook opens the page in a window${why}`, async () => {
  const page = await openReact(false);
  const popup = await openPopup(page, 'Verify');
  await page.getByText('running').waitFor();
  await passBeside(popup);
  await popup.reload();
  await page.getByText('done approved').waitFor();
  const again = await openPopup(page, 'Verify');
  await giveUp(again);
  await page.getByText('failed CANCELLED').waitFor();
});
