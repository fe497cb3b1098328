import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { putSdk } from '../support/built-sdk.ts';
import { type PresenceServer, startPresenceServer } from '../support/presence-server.ts';

// The samples of contracts/identity.txt ("TypeScript SDK"), word for word but for the import, the address, the key and the id of the
// organization, in an application that has the package as it is published.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
let application: string;
let served: PresenceServer;

const verifySample = `
import { ProofClient } from "@webel/sdk";

const client = new ProofClient({
  baseUrl: "https://id.example.com",
  apiKey: "prf_live_...",
});

const result = await client.verify({ image: base64Image });
if (result.verified) {
  console.log(\`Verified: \${result.email} (score: \${result.compositeScore})\`);
}
`;
const presenceSample = `
// 1. Create a presence session
const session = await client.createPresenceSession({
  orgId: "clx_org_...",
  purpose: "Authorize production deployment",
  nonce: crypto.randomUUID(),
});

// 2. Send session.verifyUrl to the human (email, Slack, etc.)
console.log("Ask the human to visit:", session.verifyUrl);

// 3. Wait until verified (polls every 2s, times out after 5min)
await client.waitForPresence(session.sessionId);

// 4. Retrieve the HPT
const { token } = await client.getPresenceToken(session.sessionId);

// 5. Validate
const claims = await client.verifyPresenceToken({ token });
console.log("Verified by:", claims.sub);   // alice@example.com
`;

beforeAll(async () => {
  application = mkdtempSync(join(tmpdir(), 'gatehouse-proof-'));
  const home = join(application, 'node_modules/@gatehouse/sdk');
  await putSdk(home);
  writeFileSync(join(application, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(application, { recursive: true, force: true }));
beforeEach(async () => {
  served = await startPresenceServer();
});
afterEach(() => served.stop());

async function adapted(sample: string): Promise<string> {
  const key = await served.newKey({ prefix: 'prf', scopes: ['identity', 'presence'] });
  return sample
    .replace('@webel/sdk', '@gatehouse/sdk/proof')
    .replace('https://id.example.com', served.base)
    .replace('prf_live_...', key)
    .replace('clx_org_...', served.engine.organization);
}

/** Runs a program; `each` gets every line it prints. */
async function run(file: string, each: (line: string) => unknown): Promise<string[]> {
  const child = spawn(node, [file], { cwd: application, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let problems = '';
  child.stderr.on('data', (text) => {
    problems += text;
  });
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => {
    lines.push(line);
    each(line);
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${problems}`);
  return lines;
}

test('the samples of the contract run', async () => {
  const { base, engine } = served;
  const address = 'alice@example.com';
  const { ProofClient } = await import('../../sdk/gatehouse/src/proof.ts');
  const enroller = new ProofClient({ baseUrl: base, apiKey: await served.newKey({ scopes: ['identity'] }) });
  const enrolled = await enroller.enroll({ image: served.picture('enrolled'), email: address });
  expect(enrolled).toMatchObject({ enrolled: true });
  const image = `const base64Image = ${JSON.stringify(served.picture('now'))};\n`;
  writeFileSync(join(application, 'sample.mts'), image + (await adapted(verifySample + presenceSample)));
  const lines = await run('sample.mts', (line) => {
    const [, url] = /visit: (\S+)/.exec(line) ?? [];
    return url && served.recognize(url);
  });
  expect(lines).toEqual([
    expect.stringMatching(/^Verified: alice@example\.com \(score: [\d.]+\)$/),
    expect.stringMatching(new RegExp(`^Ask the human to visit: ${base}/verify-presence/[\\w-]{43}$`)),
    'Verified by: alice@example.com',
  ]);
  const { userId } = enrolled;
  expect((await engine.subjects.get({ organization: engine.organization, world: 'live' }, address)).id).toBe(
    userId,
  );
});

test('they compile, strictly and against the platform alone', async () => {
  const image = 'declare const base64Image: string;\n';
  writeFileSync(join(application, 'types.mts'), image + (await adapted(verifySample + presenceSample)));
  writeFileSync(
    join(application, 'types.cts'),
    `import { ProofClient, ProofError, type PresenceSession } from '@gatehouse/sdk/proof';
export async function wait(client: ProofClient, id: string): Promise<PresenceSession | undefined> {
  try {
    return await client.waitForPresence(id, { signal: new AbortController().signal, intervalMs: 500 });
  } catch (error) {
    if (error instanceof ProofError && error.code === 'PRESENCE_EXPIRED') return undefined;
    throw error;
  }
}`,
  );
  const options =
    '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2022 --lib es2022,dom';
  const { stdout, status } = spawnSync(
    node,
    [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), 'types.mts', 'types.cts'],
    { cwd: application, encoding: 'utf8' },
  );
  expect([stdout, status]).toEqual(['', 0]);
});

test('CommonJS loads it; a locked session ends with a clear error', async () => {
  const key = await served.newKey();
  writeFileSync(
    join(application, 'wait.cjs'),
    `const { ProofClient, ProofError } = require('@gatehouse/sdk/proof');
    const client = new ProofClient({ baseUrl: ${JSON.stringify(served.base)}, serviceToken: ${JSON.stringify(key)} });
    (async () => {
      const session = await client.createPresenceSession({ orgId: ${JSON.stringify(served.engine.organization)}, purpose: 'x' });
      console.log((await client.getPresenceSession(session.sessionId)).status);
      await client.cancelPresenceSession(session.sessionId);
      const ended = await client.waitForPresence(session.sessionId).catch((error) => error);
      const token = await client.getPresenceToken(session.sessionId).catch((error) => error);
      console.log(ended instanceof ProofError, ended.code, ended.reason, token.status, token.code);
    })();`,
  );
  expect(await run('wait.cjs', () => undefined)).toEqual([
    'PENDING',
    'true PRESENCE_CANCELLED caller 409 CONFLICT',
  ]);
});
