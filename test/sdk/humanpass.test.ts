import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { putSdk } from '../support/built-sdk.ts';
import { type SessionsServer, startSessionsServer } from '../support/sessions-server.ts';

// The sample of contracts/sessions.txt, word for word but for the import, the addresses and the key, in an application that has the
// package as it is published. test/browser/humanpass.test.ts has a browser; here it is as much of one as the client uses.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
let application: string;
let served: SessionsServer;

const sample = `
import HumanPassClient from '@humanpass/sdk-web';

const client = new HumanPassClient({
  apiKey: 'sk_live_xxxx',
  apiUrl: 'https://api.humanpass.io',
  verifyUrl: 'https://humanpass.io/verify'
});

const result = await client.verify({
  uniquenessPolicy: 'warn',
  metadata: { checkoutId: 'order_42' }
});

console.log(result.sessionId, result.token);
`;

/** Before the sample: a window that prints where it leads, and receives the message of its end. */
const page = `
const target = new EventTarget();
const popup = {
  closed: false,
  close() {},
  location: { replace(href) { process.stdout.write('visit ' + href + '\\n'); } },
};
globalThis.window = Object.assign(target, { open: () => popup, location: { href: 'https://shop.example/' } });
process.stdin.once('data', (text) => {
  const { origin, data } = JSON.parse(String(text));
  process.stdin.destroy();
  target.dispatchEvent(Object.assign(new Event('message'), { origin, data, source: popup }));
});
`;

beforeAll(async () => {
  application = mkdtempSync(join(tmpdir(), 'gatehouse-humanpass-'));
  const home = join(application, 'node_modules/@gatehouse/sdk');
  await putSdk(home);
  writeFileSync(join(application, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(application, { recursive: true, force: true }));
beforeEach(async () => {
  served = await startSessionsServer();
});
afterEach(() => served.stop());

const adapted = (key: string) =>
  sample
    .replace('@humanpass/sdk-web', '@gatehouse/sdk/humanpass')
    .replace('sk_live_xxxx', key)
    .replace('https://api.humanpass.io', served.base)
    .replace('https://humanpass.io', served.base);

test('the sample of the contract runs: the person passes, and the server of the shop accepts the pass', async () => {
  const key = await served.newKey({ prefix: 'sk' });
  writeFileSync(join(application, 'sample.mjs'), page + adapted(key));
  const child = spawn(node, ['sample.mjs'], { cwd: application, stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let problems = '';
  child.stderr.on('data', (text) => {
    problems += text;
  });
  createInterface({ input: child.stdout }).on('line', async (line) => {
    lines.push(line);
    const [, visit] = /^visit (\S+)$/.exec(line) ?? [];
    if (!visit) return;
    await served.pass(visit);
    const sessionId = new URL(visit).searchParams.get('client');
    const data = { source: 'gatehouse', type: 'result', sessionId };
    child.stdin.write(JSON.stringify({ origin: served.base, data }));
  });
  const [status] = await once(child, 'close');
  expect([status, problems]).toEqual([0, '']);
  const [visit, result] = lines;
  const [sessionId, token] = result!.split(' ');
  expect(visit).toMatch(new RegExp(`^visit ${served.base}/verify\\?client=${sessionId}#[\\w-]{43}$`));
  expect(await served.send('/api/v1/passes/verify', key, { passToken: token! })).toMatchObject({
    valid: true,
    sessionId,
    decision: 'approved',
    riskLevel: 'low',
  });
  expect(await served.send(`/api/v1/sessions/${sessionId}/finalize`, key, {})).toMatchObject({
    decision: 'approved',
    metadata: { checkoutId: 'order_42', profile: 'specter' },
  });
});

test('the sample of the package for a server runs', async () => {
  const readme = readFileSync(join(root, 'sdk/gatehouse/README.md'), 'utf8');
  const [, backend] = /```js\n(\/\/ backend\.mjs[\s\S]*?)```/.exec(readme)!;
  writeFileSync(join(application, 'backend.mjs'), backend!);
  const run = async (program: string) => {
    const env = { ...process.env, GATEHOUSE_URL: served.base, GATEHOUSE_KEY: await served.newKey() };
    const child = spawn(node, ['--input-type=module', '-e', program], { cwd: application, env });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        said += text;
      });
    await once(child, 'close');
    return said.trim();
  };
  const made = await run(
    `import { begin } from './backend.mjs'; console.log((await begin('user_7')).verifyUrl);`,
  );
  await served.pass(made);
  const sessionId = new URL(made).searchParams.get('client')!;
  const { passToken } = await served.send(
    `/api/v1/sessions/${sessionId}/finalize`,
    await served.newKey(),
    {},
  );
  const passed = (user: string) =>
    run(`import { passed } from './backend.mjs'; console.log(await passed('${user}', '${passToken}'));`);
  expect([await passed('user_7'), await passed('user_8')]).toEqual(['true', 'false']);
});
