import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, openChromium, why } from './chromium.ts';
import { click, type HumaBox, solve, startHumaBox } from './huma-person.ts';
import { installPackage, openShop } from './huma-shop.ts';

// The samples of contracts/behavior.txt, word for word but for the host, the key and the import, against the appliance itself.

const root = join(import.meta.dirname, '../..');

let box: HumaBox;
let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
let server: string;
let serverKey: string;
let pageKey: string;

const token = /^h_verified_[\w-]{16,}$/;

beforeAll(async () => {
  if (missing) return;
  box = await startHumaBox();
  const html = `<!doctype html><html lang="en"><title>Shop</title><script src="${box.url}/sdk/gatehouse.js"></script><main id="root"></main>`;
  shop = await openShop('', { html });
  serverKey = await box.newKey();
  pageKey = await box.newKey('--browser', '--origin', shop.origin);
  server = mkdtempSync(join(tmpdir(), 'gatehouse-huma-server-'));
  installPackage(server);
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  shop?.close();
  await box?.stop();
  if (server) rmSync(server, { recursive: true, force: true });
});

/** Host, key and import. */
const adapted = (sample: string, key: string) =>
  sample
    .replaceAll('https://humaverify.com', box.url)
    .replaceAll(/huma_live_(\.\.\.|your_key_here)/g, key)
    .replaceAll(/(["'])usehuma(\/(?:react|next))?\1/g, '$1@gatehouse/sdk/huma$2$1');

/** The page with this program; a person who points at it and clicks like one. */
async function open(program: string): Promise<Page> {
  await shop.bundle(program);
  const page = await (await browser.newContext()).newPage();
  // Chromium says so of every browser that Playwright opens: the rule `webdriver` would decide alone.
  await page.addInitScript(
    "Object.defineProperty(navigator, 'webdriver', { get: () => false }); window.got = [];",
  );
  await page.clock.install();
  await page.goto(shop.origin);
  return page;
}
const got = (page: Page) => page.evaluate('got') as Promise<unknown[]>;

describe.skipIf(missing)('on a server', () => {
  /** The last line that the program prints, as JSON. */
  function node(program: string): unknown {
    writeFileSync(join(server, 'sample.ts'), program);
    const env = { ...process.env, HUMA_API_KEY: serverKey, HUMA_BASE_URL: box.url };
    const { stdout, stderr, status } = spawnSync(
      join(root, 'node_modules/.bin/node'),
      ['--no-warnings', 'sample.ts'],
      { cwd: server, env, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  }
  /** Of a person in the page, as the text forwards them. */
  async function signals(): Promise<string> {
    const page = await open("document.querySelector('#root').innerHTML = '<button>Pay</button>';");
    await click(page, 'Pay');
    const features = await page.evaluate('JSON.stringify(Huma.debug()?.features)');
    await page.context().close();
    return String(features);
  }

  test(`curl${why}`, () => {
    const sample = `curl -X POST https://humaverify.com/api/v1/verify \\
-H "Authorization: Bearer huma_live_your_key_here" \\
-H "Content-Type: application/json" \\
-d '{"userId": "user_abc123"}'`;
    const { stdout } = spawnSync('sh', ['-c', `${adapted(sample, serverKey)} --silent`], {
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual({
      ...{
        human: false,
        confidence: 0.49,
        score: 49,
        token: expect.stringMatching(token),
        pii_stored: false,
      },
      notes: ['insufficient_data'],
    });
  });

  test(`the three-way decision${why}`, () => {
    const sample = `
const { human, confidence, agent } = await res.json();
if (!human) {
// Not human — block or challenge (bot / automated abuse)
return reject();
}
if (agent?.is_agent) {
// A real browser driven by an AI agent (Pro & Enterprise).
// Your call: allow the automation you want, or block / step-up the rest.
return challenge();
}
// Trusted human — let them through
return allow();`;
    const program = `
      const [reject, challenge, allow] = ['reject', 'challenge', 'allow'].map((what) => () => what);
      const headers = { authorization: 'Bearer ${serverKey}', 'content-type': 'application/json' };
      const res = await fetch('${box.url}/api/v1/verify', { method: 'POST', headers, body: '{"userId":"user_abc124"}' });
      const decide = async () => {${sample}};
      console.log(JSON.stringify(await decide()));`;
    expect(node(program)).toBe('reject');
  });

  test(`verifyWithSignals${why}`, async () => {
    const sample = `import { verifyWithSignals } from "usehuma";
// Browser: collect signals and forward them.
// const signals = Huma.debug()?.features;
// fetch('/api/check', { body: JSON.stringify({ userId, signals }) });
// In your API route (server-side):
const result = await verifyWithSignals({
apiKey: process.env.HUMA_API_KEY!, // huma_live_... (keep secret)
userId: req.body.userId,
signals: req.body.signals, // forwarded from browser
});
if (result.human) { /* allow */ }`;
    const body = `{ userId: 'user_123', signals: ${await signals()} }`;
    const program = `${adapted(sample, serverKey)}\nconsole.log(JSON.stringify(result));`;
    expect(node(`const req = { body: ${body} };\n${program}`)).toMatchObject({
      ...{ human: true, confidence: 0.5, score: 50, token: expect.stringMatching(token), pii_stored: false },
      agent: { is_agent: false },
    });
    expect(node(`const req = { body: { userId: 'user_123' } };\n${program}`)).toMatchObject({
      ...{ human: false, refused: 'no_signals' },
    });
  });

  test(`a Server Action${why}`, async () => {
    const sample = `// Bot-check a form inside a Server Action
"use server";
import { humaFormCheck } from "usehuma/next";
export async function signUp(formData: FormData) {
const check = await humaFormCheck(formData); // uses HUMA_API_KEY env
if (!check.human) redirect("/signup?error=bot_detected");
// ...create the account
}`;
    const program = `${adapted(sample, serverKey)}
      const redirect = (to: string) => { throw to; };
      const form = new FormData();
      const outcome = () => signUp(form).then(() => 'created', (to) => to);
      const bare = await outcome();
      form.set('huma_signals', ${JSON.stringify(await signals())});
      console.log(JSON.stringify([bare, await outcome()]));`;
    expect(node(program)).toEqual(['/signup?error=bot_detected', 'created']);
  });

  test(`a Route Handler${why}`, async () => {
    const sample = `// Protect a Route Handler
import { withHumaProtection } from "usehuma/next";
export const POST = withHumaProtection(async (req, huma) => {
const body = await req.json(); // handler still gets the body
return Response.json({ ok: true, confidence: huma.confidence });
});`;
    const program = `${adapted(sample, serverKey)}
      const post = async (body: object) => {
        const reply = await POST(new Request('https://shop.example/', { method: 'POST', body: JSON.stringify(body) }));
        return [reply.status, await reply.json()];
      };
      console.log(JSON.stringify([await post({ name: 'Zoë' }), await post({ name: 'Zoë', signals: ${await signals()} })]));`;
    expect(node(program)).toEqual([
      [403, { error: 'No behavioral signals came with this request.', code: 'NO_SIGNALS' }],
      [200, { ok: true, confidence: 0.5 }],
    ]);
  });
});

describe.skipIf(missing)('in a page', () => {
  test(`the snippet: verify, and a session that is watched${why}`, async () => {
    const sample = `// After a successful verify():
const result = await Huma.verify('user_123', 'huma_live_...');
if (result.human) {
Huma.startSession('user_123', 'huma_live_...', result.token, {
intervalMs: 30000, // every 30 seconds
onAnomaly: function(r) {
if (r.action === 'block') {
window.location.href = '/logout'; // account takeover detected
}
}
});
}`;
    const page = await open(`
      document.querySelector('#root').innerHTML = '<button>Pay</button>';
      document.querySelector('button').onclick = async () => {
        ${adapted(sample, pageKey)}
        got.push(result);
      };`);
    await click(page, 'Pay');
    await expect.poll(() => got(page)).toMatchObject([{ human: true, token: expect.stringMatching(token) }]);
    const heartbeat = page.waitForResponse((reply) => reply.url().endsWith('/api/v1/session') && reply.ok());
    await page.clock.runFor(30_000);
    expect(await (await heartbeat).json()).toMatchObject({ baseline: 50, anomaly: false, action: 'allow' });
    await page.context().close();
  });

  test(`verify of the package${why}`, async () => {
    const sample = `import { verify } from "usehuma";
// Collects behavioral signals from the DOM and verifies in one call.
// Call this client-side at a critical moment (login, signup, checkout).
const result = await verify({
apiKey: "huma_live_...",
userId: "user_123",
});
if (result.human && result.confidence > 0.7) {
// ✅ Real human — send result.token to your server for audit
} else {
// 🚫 Bot — block or trigger step-up challenge
}`;
    const page = await open(`${adapted(sample, pageKey)}\ngot.push(result);`);
    await expect
      .poll(() => got(page))
      .toMatchObject([{ confidence: 0.49, token: expect.stringMatching(token) }]);
    await page.context().close();
  });

  test(`useHuma and useHumaSession${why}`, async () => {
    const hook = `import { useHuma } from "usehuma/react";
function SignupForm() {
const { verify, collecting } = useHuma({
apiKey: "huma_live_...",
userId: currentUser.id,
});
async function handleSubmit() {
const result = await verify();
if (result.human) {
// proceed
}
}
return <button onClick={handleSubmit}>Sign up</button>;
}`;
    const watch = `import { useHumaSession } from "usehuma/react";
function Watch() {
// Call after successful verify() to keep watching mid-session.
useHumaSession({
apiKey: "huma_live_...",
userId: user.id,
interval: 45_000, // heartbeat every 45s
onAnomaly: (action) => {
if (action === "block") logout(); // account takeover detected
if (action === "flag") reVerify();
},
});
return null;
}`;
    const page = await open(`import { createRoot } from 'react-dom/client';
      const currentUser = { id: 'user_react' }, user = currentUser;
      const [logout, reVerify] = ['logout', 'reVerify'].map((what) => () => got.push(what));
      ${adapted(hook, pageKey)}
      ${adapted(watch, pageKey)}
      createRoot(document.querySelector('#root')).render(<><SignupForm /><Watch /></>);`);
    await page.getByRole('button').waitFor();
    const verified = page.waitForResponse((reply) => reply.url().endsWith('/api/v1/verify') && reply.ok());
    await click(page, 'Sign up');
    expect(await (await verified).json()).toMatchObject({ human: true, token: expect.stringMatching(token) });
    const heartbeat = page.waitForResponse((reply) => reply.url().endsWith('/api/v1/session') && reply.ok());
    await page.clock.runFor(45_000);
    expect(await (await heartbeat).json()).toMatchObject({ baseline: 50, action: 'allow' });
    await page.context().close();
  });

  test(`HumaGate: uncertain, so a challenge, which the person passes${why}`, async () => {
    const sample = `import { HumaGate } from "usehuma/react";
// Wraps any form — silently verifies on submit.
// Shows HumaChallenge automatically if confidence is uncertain.
const gate = () => (
<HumaGate
apiKey="huma_live_..."
userId={user.id}
onPass={(result) => submitForm(result.token)}
onBlock={() => showBotError()}
>
<MyForm />
</HumaGate>);`;
    const page = await open(`import { createRoot } from 'react-dom/client';
      const user = { id: 'user_gate' };
      const submitForm = (token) => got.push(token);
      const showBotError = () => got.push('blocked');
      const MyForm = () => <form><button>Sign up</button></form>;
      ${adapted(sample, pageKey)}
      createRoot(document.querySelector('#root')).render(gate());`);
    await page.getByRole('button').waitFor();
    await click(page, 'Sign up');
    await solve(page);
    await expect.poll(() => got(page)).toEqual([expect.stringMatching(/^h_challenge_/)]);
    await page.context().close();
  });

  test(`HumaChallenge${why}`, async () => {
    const sample = `import { HumaChallenge } from 'usehuma/react';
const challenge = async () => {
// After verify() returns borderline confidence:
const ch = await fetch('https://humaverify.com/api/v1/challenge/create', {
method: 'POST',
headers: { Authorization: 'Bearer huma_live_...' },
body: JSON.stringify({ userId }),
}).then(r => r.json());
return (
<HumaChallenge
challengeId={ch.challenge_id}
type={ch.type}
payload={ch.payload}
apiKey="huma_live_..."
onPassed={(token) => continueLogin(token)}
onBlocked={() => router.push('/blocked')}
/>
);
};`;
    const page = await open(`import { createRoot } from 'react-dom/client';
      const userId = 'user_challenge';
      const continueLogin = (token) => got.push(token);
      const router = got;
      ${adapted(sample, pageKey)}
      createRoot(document.querySelector('#root')).render(await challenge());`);
    await solve(page);
    await expect.poll(() => got(page)).toEqual([expect.stringMatching(/^h_challenge_/)]);
    await page.context().close();
  });
});
