import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { humanMovements, personWindow } from '../support/behavior-windows.ts';
import { missing, why } from './chromium.ts';
import { click } from './huma-person.ts';
import { answerOf, type SampleBox, shapeOf, startSampleBox } from './huma-sample-box.ts';
import { installPackage } from './huma-shop.ts';

// The samples of behavior.txt that run on a server, word for word but for the host, the key and the import, against the appliance itself.

const root = join(import.meta.dirname, '../..');
const gatehouse = join(root, 'bin/gatehouse.mjs');
const token = /^h_verified_[\w-]{16,}$/;

let box: SampleBox;
let folder: string;
let key: string;

beforeAll(async () => {
  if (missing) return;
  box = await startSampleBox();
  key = await box.newKey();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-huma-server-'));
  installPackage(folder);
});
afterAll(async () => {
  await box?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** The last line that the program prints, as JSON. */
function node(program: string): unknown {
  writeFileSync(join(folder, 'sample.ts'), program);
  const env = { ...process.env, HUMA_API_KEY: key, HUMA_BASE_URL: box.url };
  const { stdout, stderr, status } = spawnSync(
    join(root, 'node_modules/.bin/node'),
    ['--no-warnings', 'sample.ts'],
    { cwd: folder, env, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** Of a person in the page, as the text forwards them. */
async function signals(): Promise<string> {
  const page = await box.open("document.querySelector('#root').innerHTML = '<button>Pay</button>';");
  await click(page, 'Pay');
  const features = await page.evaluate('JSON.stringify(Huma.debug()?.features)');
  await page.context().close();
  return String(features);
}

async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const reply = await fetch(`${box.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await reply.json()) as Record<string, unknown>;
}

test.skipIf(missing)(`curl${why}`, () => {
  const { stdout } = spawnSync('sh', ['-c', `${box.adapted('curl', key)} --silent`], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual({
    human: false,
    confidence: 0.49,
    score: 49,
    token: expect.stringMatching(token),
    pii_stored: false,
    notes: ['insufficient_data'],
  });
});

test.skipIf(missing)(`the answer with signals has what the text prints${why}`, async () => {
  const answer = await post('/api/v1/verify', {
    userId: 'user_125',
    sessionData: JSON.parse(await signals()),
  });
  const printed = shapeOf(answerOf('answer of verify')) as object;
  expect(shapeOf(answer)).toEqual({ ...printed, score: 'number', notes: ['string'] });
});

/** What the sample returns for the answer to this body. */
const decision = (body: object) =>
  node(`
    const [reject, challenge, allow] = ['reject', 'challenge', 'allow'].map((what) => () => what);
    const headers = { authorization: 'Bearer ${key}', 'content-type': 'application/json' };
    const body = ${JSON.stringify(JSON.stringify(body))};
    const res = await fetch('${box.url}/api/v1/verify', { method: 'POST', headers, body });
    const decide = async () => {
      ${box.adapted('three-way decision', key)}
    };
    console.log(JSON.stringify(await decide()));`);

test.skipIf(missing)(
  `the three-way decision: no signals, a program that moves like a person, a person${why}`,
  async () => {
    expect(decision({ userId: 'user_of_three' })).toBe('reject');
    expect(decision({ userId: 'user_of_three', sessionData: JSON.parse(await signals()) })).toBe('allow');
    const layer = (...words: string[]) =>
      execFileSync(process.execPath, [gatehouse, 'behavior', 'layer', '--data', box.data, ...words]);
    layer('--use', 'research', '--accept-licence-doubt');
    // Its movements are a person's; it types as a library does.
    const driven = personWindow({ mouse: humanMovements, key: { n: 20, relay: 0.9 } });
    expect(decision({ userId: 'user_of_three', sessionData: driven })).toBe('challenge');
    layer('--use', 'rules');
  },
);

test.skipIf(missing)(`the answers to challenges have what the text prints${why}`, async () => {
  let made: Record<string, unknown>;
  let users = 0;
  do made = await post('/api/v1/challenge/create', { userId: `user_of_challenge_${users++}` });
  while (made.type === 'pattern');
  const printed = shapeOf(answerOf('answer of challenge/create')) as object;
  expect(shapeOf(made)).toMatchObject(printed);
  const wrong = await post('/api/v1/challenge/verify', { challenge_id: made.challenge_id, answer: 'none' });
  expect(wrong).toEqual(answerOf('answer that did not pass'));
});

test.skipIf(missing)(`verifyWithSignals${why}`, async () => {
  const body = `{ userId: 'user_123', signals: ${await signals()} }`;
  const program = `${box.adapted('verifyWithSignals', key)}\nconsole.log(JSON.stringify(result));`;
  expect(node(`const req = { body: ${body} };\n${program}`)).toMatchObject({
    human: true,
    confidence: 0.5,
    score: 50,
    token: expect.stringMatching(token),
    pii_stored: false,
    agent: { is_agent: false },
  });
  expect(node(`const req = { body: { userId: 'user_123' } };\n${program}`)).toMatchObject({
    human: false,
    refused: 'no_signals',
  });
});

test.skipIf(missing)(`a Server Action${why}`, async () => {
  const program = `${box.adapted('Server Action', key)}
    const redirect = (to: string) => { throw to; };
    const form = new FormData();
    const outcome = () => signUp(form).then(() => 'created', (to) => to);
    const bare = await outcome();
    form.set('huma_signals', ${JSON.stringify(await signals())});
    console.log(JSON.stringify([bare, await outcome()]));`;
  expect(node(program)).toEqual(['/signup?error=bot_detected', 'created']);
});

test.skipIf(missing)(`a Route Handler${why}`, async () => {
  const program = `${box.adapted('Route Handler', key)}
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
