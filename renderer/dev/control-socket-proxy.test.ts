import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControlSocketProxy } from './control-socket-proxy.ts';

let data: string;
let asked: string[];
let servers: Server[];
let origin: string;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-proxy-'));
  asked = [];
  const service = createServer(({ method, url }, reply) => {
    asked.push(`${method} ${url}`);
    reply.end(JSON.stringify({ items: [{ id: 'org_1' }] }));
  }).listen(join(data, 'control.sock'));
  const proxy = createControlSocketProxy(data);
  const pages = createServer((incoming, outgoing) => {
    void proxy(incoming, outgoing).then((answered) => answered || outgoing.end('a page'));
  }).listen(0, '127.0.0.1');
  servers = [service, pages];
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(data, { recursive: true, force: true });
});

const ask = async (path: string, headers: IncomingHttpHeaders = {}) => {
  const reply = await fetch(origin + path, { headers: headers as Record<string, string> });
  return { status: reply.status, body: await reply.text() };
};

test('a page asks as the operator, in the first organization and the live world', async () => {
  const session = await ask('/api/auth/session', { 'sec-fetch-site': 'same-origin' });
  expect(JSON.parse(session.body)).toMatchObject({ user: { orgId: 'org_1', role: 'owner' } });
  expect((await ask('/api/admin/subjects', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  expect(asked).toEqual([
    'GET /api/admin/organizations',
    'GET /api/admin/subjects?organization=org_1&env=live',
  ]);
  expect(await ask('/console/')).toEqual({ status: 200, body: 'a page' });
});

test.each(['cross-site', 'same-site'])('a page of another site (%s) is refused', async (site) => {
  expect(await ask('/api/admin/organizations', { 'sec-fetch-site': site })).toMatchObject({ status: 403 });
  expect(asked).toEqual([]);
});

test('without a service the sentence says how to start one', async () => {
  servers[0]!.close();
  expect(await ask('/api/auth/session')).toEqual({
    status: 502,
    body: expect.stringContaining(`npm run dev:service -- --data ${data}`),
  });
});
