import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli, type Running } from '../cli/gatehouse.ts';
import { statusAsHost } from '../support/status-as-host.ts';

const passphrase = 'correct horse battery';
let cli: Cli;
let right: string;
let wrong: string;
let key: string;

/** Each test has a copy of it: the passphrase is made to cost time. */
let first: Cli;
beforeAll(async () => {
  first = createCli();
  const made = await first.init<{ keys: { test: string } }>('Museum');
  key = made.keys.test;
  const file = join(first.data, 'right');
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
  await first.json('master', 'set-passphrase', '--passphrase-file', file);
});
afterAll(() => first?.clean());

beforeEach(() => {
  cli = createCli();
  cpSync(first.data, cli.data, { recursive: true, preserveTimestamps: true });
  const file = (name: string, text: string) => {
    const path = join(cli.data, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  right = file('right', `${passphrase}\n`);
  wrong = file('wrong', 'incorrect horse battery\n');
});
afterEach(() => cli.clean());

/** Until it has said so on standard output. */
async function event(service: Running, name: string): Promise<{ event: string; url: string }> {
  for (;;) {
    const line = service.output.stdout.split('\n').find((one) => one.includes(`"${name}"`));
    if (line) return JSON.parse(line);
    const ended = await Promise.race([service.ended, delay(20)]);
    if (ended) throw new Error(`ended with ${ended.code}: ${ended.stderr}`);
  }
}

async function sealed(...words: string[]): Promise<Running & { url: string }> {
  const service = cli.start('serve', '--port', '0', ...words);
  return { ...service, url: (await event(service, 'sealed')).url };
}

test('sealed, it listens and says so on every path; the control socket takes nothing but the passphrase', async () => {
  const { url, child } = await sealed();
  expect(existsSync(join(cli.data, 'master.key'))).toBe(false);
  const health = await fetch(`${url}/health`);
  expect([health.status, await health.json()]).toEqual([
    200,
    {
      status: 'sealed',
      version: expect.any(String),
      uptimeSeconds: expect.any(Number),
      warnings: [expect.stringContaining('gatehouse unseal')],
    },
  ]);
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { ready: false, code: 'SEALED', reason: expect.stringContaining('gatehouse unseal') },
  ]);
  const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  );
  expect(routes.length).toBeGreaterThan(4);
  const all = [...routes, ['GET', '/'], ['POST', '/api/v1/sessions'], ['DELETE', '/nothing']] as const;
  for (const [method, path] of all) {
    if (path === '/health' || path === '/ready') continue;
    const body = method === 'GET' ? {} : { body: 'x'.repeat(1000), headers: { 'content-type': 'image/png' } };
    const reply = await fetch(url + path, { method, ...body });
    expect([method, path, reply.status, await reply.json()]).toEqual([
      method,
      path,
      503,
      { error: expect.stringContaining('sealed'), code: 'SEALED', requestId: expect.any(String) },
    ]);
  }
  const origin = 'https://shop.example';
  const page = await fetch(`${url}/api/verify`, { method: 'POST', headers: { origin } });
  expect([page.status, page.headers.get('access-control-allow-origin')]).toEqual([503, origin]);
  const asks = { origin, 'access-control-request-method': 'POST' };
  expect((await fetch(`${url}/api/verify`, { method: 'OPTIONS', headers: asks })).status).toBe(204);
  expect(await statusAsHost(`${url}/health`, 'rebound.example')).toBe(200);
  expect(await statusAsHost(`${url}/api/verify`, 'rebound.example')).toBe(421);
  const refused = await cli.run('org', 'list', '--json');
  expect([refused.code, JSON.parse(refused.stdout).code]).toEqual([1, 'SEALED']);
  const second = await cli.run('serve', '--port', '0');
  expect([second.code, second.stdout]).toEqual([1, '']);
  expect(second.stderr).toContain(String(child.pid));
});

test('a wrong passphrase is refused, and slows down; the right one unseals the service, and the log says who', async () => {
  const { url } = await sealed();
  for (let attempt = 1; attempt <= 3; attempt++) {
    const tried = await cli.run('unseal', '--passphrase-file', wrong, '--json');
    expect([tried.code, JSON.parse(tried.stdout).code]).toEqual([1, 'WRONG_PASSPHRASE']);
  }
  for (;;) {
    const { code, stdout, stderr } = await cli.run('unseal', '--passphrase-file', right, '--json');
    const reply = JSON.parse(stdout);
    if (reply.code === 'BURST_LIMIT_EXCEEDED') continue;
    expect([code, reply, stderr]).toEqual([
      0,
      { sealed: false, ready: true, seconds: expect.any(Number) },
      expect.stringContaining('The passphrase is right'),
    ]);
    break;
  }
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  const missing = await fetch(`${url}/api/verify`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(missing.status).toBe(400);
  expect(await cli.json('unseal', '--passphrase-file', right)).toEqual({ sealed: false, already: true });
  const log = (await cli.run('audit', 'tail', '--json')).stdout;
  expect(log).toMatch(/master\.unseal/);
  expect(log).toMatch(/wrongTries[^}]*3/);
  expect(log).not.toContain('horse');
});

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
}

const get = (url: string, agent: Agent) =>
  new Promise<Reply>((resolve, reject) => {
    request(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });

/** Whether another program could listen there. */
async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

test('from sealed to ready no request is lost, no connection cut, and the port is never free', async () => {
  const service = await sealed();
  const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const seen = new Map<number, number>();
  let free = 0;
  let over = false;
  const load = agents.map(async (agent) => {
    while (!over) {
      const { status } = await get(`${service.url}/ready`, agent);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  });
  const watch = (async () => {
    while (!over) {
      if (await isFree(Number(new URL(service.url).port))) free++;
      await delay(2);
    }
  })();
  await cli.json('unseal', '--passphrase-file', right);
  for (const already = seen.get(200) ?? 0; (seen.get(200) ?? 0) < already + 50; ) await delay(5);
  over = true;
  await Promise.all([...load, watch]);
  expect([...seen.keys()].sort()).toEqual([200, 503]);
  expect(free).toBe(0);
  // The connections are the same ones; a stop ends them all the same.
  service.child.kill('SIGTERM');
  expect((await service.ended).code).toBe(0);
  expect(
    service.output.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { event: 'sealed', url: service.url },
    { event: 'listening', url: service.url },
  ]);
  for (const agent of agents) agent.destroy();
});

test('SIGTERM ends a sealed service, and lets go of everything', async () => {
  const { child, ended } = await sealed();
  child.kill('SIGTERM');
  const { code, stderr } = await ended;
  expect([code, stderr.split('\n').filter((line) => line.includes('"error"'))]).toEqual([0, []]);
  expect(existsSync(join(cli.data, 'control.sock'))).toBe(false);
  const none = await cli.run('unseal', '--passphrase-file', right);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('No service runs')]);
  const refused = await cli.run('org', 'list');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('GATEHOUSE_PASSPHRASE_FILE')]);
  const { id } = await cli.json<{ id: string }>('master', 'rotate', '--passphrase-file', right);
  expect(id).toMatch(/^[0-9a-f]{16}$/);
});

test('with the passphrase in a file it starts by itself; a wrong one stops the start with a sentence', async () => {
  const refused = await cli.run('serve', '--port', '0', '--passphrase-file', wrong);
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain(`${wrong} does not hold the passphrase`);
  const service = await cli.serve('--passphrase-file', right);
  expect((await fetch(`${service.url}/ready`)).status).toBe(200);
  await cli.json('master', 'use-file', '--passphrase-file', right);
  expect(existsSync(join(cli.data, 'master-passphrase.json'))).toBe(false);
  await service.end();
  await (await cli.serve()).end();
});

test('a right passphrase with damaged keys: unseal reports it, and the service ends', async () => {
  const keys = new Sqlite(join(cli.data, 'keys.db'));
  keys.exec('update organization_key set wrapped = zeroblob(61)');
  keys.close();
  const { ended } = await sealed();
  const { code, stderr } = await cli.run('unseal', '--passphrase-file', right);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/did not come up.*damaged in the key store/)]);
  expect((await ended).code).toBe(1);
});
