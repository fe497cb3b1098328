import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createBridge } from '../../sdk/mcp/src/bridge.ts';
import { readSettings } from '../../sdk/mcp/src/settings.ts';
import { productVersion } from '../../service/lib/version.ts';
import { certificate, certificateKey } from '../support/certificate.ts';
import { type PresenceServer, startPresenceServer } from '../support/presence-server.ts';

// The server as it is published, one file in an empty folder, started by the official client as Claude Desktop and Cursor do.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
let folder: string;
let served: PresenceServer;
const clients: Client[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-mcp-'));
  const { status, stderr } = spawnSync(node, [join(root, 'sdk/mcp/build.mjs'), folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
  copyFileSync(join(folder, 'dist/gatehouse-mcp.mjs'), join(folder, 'alone.mjs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  served = await startPresenceServer();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await served.stop();
});

async function connect(env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  clients.push(client);
  const args = [join(folder, 'alone.mjs')];
  await client.connect(new StdioClientTransport({ command: node, args, cwd: folder, env, stderr: 'pipe' }));
  return client;
}
async function call(client: Client, name: string, args: object) {
  const { structuredContent, isError, content } = await client.callTool({ name, arguments: { ...args } });
  if (isError) throw new Error((content as { text: string }[])[0]!.text);
  return structuredContent as Record<string, string>;
}

describe.each(['PROOF', 'GATEHOUSE'])('over stdio, configured by %s_…', (prefix) => {
  test('an agent asks for a person, gets the token and verifies it', async () => {
    const serviceToken = await served.newKey();
    const client = await connect({
      [`${prefix}_BASE_URL`]: served.base,
      [`${prefix}_SERVICE_TOKEN`]: serviceToken,
    });
    const direct = new Client({ name: 'test', version: '1' });
    clients.push(direct);
    const headers = { authorization: `Bearer ${serviceToken}` };
    await direct.connect(
      new StreamableHTTPClientTransport(new URL(`${served.base}/mcp`), { requestInit: { headers } }),
    );
    expect((await client.listTools()).tools).toEqual((await direct.listTools()).tools);
    expect(client.getServerVersion()).toMatchObject({ name: 'gatehouse', version: productVersion() });
    const { sessionId, verifyUrl } = await call(client, 'request_human_presence', { purpose: 'Deploy' });
    expect(await call(client, 'get_presence_token', { sessionId, waitSeconds: 0 })).toMatchObject({
      status: 'PENDING',
    });
    served.waiting.now = () => served.recognize(verifyUrl!);
    const { token } = await call(client, 'get_presence_token', { sessionId });
    expect(await call(client, 'verify_presence_token', { token })).toMatchObject({
      valid: true,
      sub: 'alice@example.com',
      purpose: 'Deploy',
    });
    await expect(call(client, 'get_presence_token', { sessionId: 'prs_none' })).rejects.toThrow(/^NOT_FOUND/);
  });
});

test('a refused token and an appliance that does not answer are reported, and tried anew', async () => {
  const env = { GATEHOUSE_BASE_URL: served.base, GATEHOUSE_SERVICE_TOKEN: `gh_live_${'x'.repeat(32)}` };
  const refused = await connect(env);
  for (let i = 0; i < 2; i++)
    await expect(call(refused, 'request_human_presence', { purpose: 'x' })).rejects.toThrow(/not be reached/);
  const unreachable = await connect({ ...env, GATEHOUSE_BASE_URL: 'http://127.0.0.1:9' });
  await expect(unreachable.listTools()).rejects.toThrow(/127\.0\.0\.1:9 could not be reached/);
});

test('a certificate that is not trusted is named, with the remedy', async () => {
  const server = createServer({ cert: certificate, key: certificateKey });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client = await connect({
    GATEHOUSE_BASE_URL: `https://127.0.0.1:${port}`,
    GATEHOUSE_SERVICE_TOKEN: 't',
  });
  await expect(client.listTools()).rejects.toThrow(
    /is not trusted \(\w+\)\. Start Node with NODE_EXTRA_CA_CERTS=/,
  );
});

test.each([
  ['is silent', (_: ServerResponse) => undefined],
  ['answers without end', (answer: ServerResponse) => void Readable.from(endless()).pipe(begun(answer))],
  ['begins an answer and is silent', (answer: ServerResponse) => void begun(answer).write('{')],
])('an appliance that %s is given up', async (_, answer) => {
  const server = createPlainServer((request, reply) => {
    request.resume();
    answer(reply);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
  const [near, far] = InMemoryTransport.createLinkedPair();
  await createBridge({ url, serviceToken: 't' }, 2_000).connect(far);
  const client = new Client({ name: 'test', version: '1' });
  clients.push(client);
  await client.connect(near);
  await expect(client.listTools()).rejects.toThrow(/could not be reached/);
});
const begun = (answer: ServerResponse) => answer.writeHead(200, { 'content-type': 'application/json' });
function* endless() {
  for (;;) yield ' '.repeat(65_536);
}

test('the one file names the licences of what is in it', () => {
  const text = readFileSync(join(folder, 'alone.mjs'), 'utf8');
  for (const name of ['@modelcontextprotocol/client', '@modelcontextprotocol/server', 'zod'])
    expect(text).toMatch(new RegExp(`^${name} [\\d.]+ \\((Apache-2.0|MIT)\\)$`, 'm'));
});

describe('its settings', () => {
  const right = { GATEHOUSE_BASE_URL: 'https://id.example.com/', GATEHOUSE_SERVICE_TOKEN: 't' };

  test('have a base URL, with or without a path', () => {
    expect(readSettings(right).url.href).toBe('https://id.example.com/mcp');
    expect(readSettings({ ...right, GATEHOUSE_BASE_URL: 'https://a.example/box' }).url.href).toBe(
      'https://a.example/box/mcp',
    );
  });

  test.each([
    ['nothing', {}, /BASE_URL/],
    ['no token', { PROOF_BASE_URL: 'https://a.example' }, /SERVICE_TOKEN/],
    ['an address that is none', { ...right, GATEHOUSE_BASE_URL: 'file:///etc' }, /address of the appliance/],
  ])('%s: an error that names the variable', (_name, env, message) => {
    expect(() => readSettings(env)).toThrow(message);
  });
});
