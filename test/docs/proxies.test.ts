import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { certificate, certificateKey } from '../support/certificate.ts';

// The recipes of docs/PROXIES.md, run as they stand there but for ports, paths of files and the port of the box.

const document = readFileSync(join(import.meta.dirname, '../../docs/PROXIES.md'), 'utf8');
const HOST = 'gatehouse.example.org';
const CLIENT = '127.0.0.9';

interface Place {
  folder: string;
  port: number;
  box: string;
}
interface Recipe {
  program: string;
  package: string;
  /** Of its block in the document. */
  language: string;
  /** What differs here from the machine of an operator, each there at least once. */
  changes(place: Place): [string, string][];
  /** The whole configuration with the recipe, and the words of the command. */
  run(recipe: string, place: Place): { config: string; words: string[] };
}

const files = ({ folder }: Place): [string, string][] => [['/etc/ssl/gatehouse', folder]];
const recipes: Record<string, Recipe> = {
  HAProxy: {
    program: '/usr/sbin/haproxy',
    package: 'haproxy',
    language: 'haproxy',
    changes: (place) => [...files(place), [':443', `127.0.0.1:${place.port}`], ['127.0.0.1:7300', place.box]],
    run: (recipe, { folder }) => ({
      config: `global\n  stats socket ${folder}/stats.sock\n${recipe}`,
      words: ['-db', '-f', `${folder}/config`],
    }),
  },
  nginx: {
    program: '/usr/sbin/nginx',
    package: 'nginx',
    language: 'nginx',
    changes: (place) => [
      ...files(place),
      ['listen 443', `listen 127.0.0.1:${place.port}`],
      ['127.0.0.1:7300', place.box],
    ],
    run: (recipe, { folder }) => ({
      config: `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/${one};`).join(' ')}
  ${recipe}
}`,
      words: ['-c', `${folder}/config`],
    }),
  },
  Caddy: {
    program: '/usr/bin/caddy',
    package: 'caddy',
    language: 'caddyfile',
    changes: (place) => [
      ...files(place),
      [`${HOST} {`, `${HOST}:${place.port} {\n  bind 127.0.0.1`],
      ['127.0.0.1:7300', place.box],
    ],
    run: (recipe, { folder }) => ({
      config: `{\n  admin off\n  auto_https disable_redirects\n}\n${recipe}`,
      words: ['run', '--adapter', 'caddyfile', '--config', `${folder}/config`],
    }),
  },
};

let cli: Cli;
let service: Service;
let bound: string;
let testKey: string;
beforeAll(async () => {
  // As the document has it.
  const [, settings = ''] = /```json\n(\{ "trustedProxies"[^\n]*)\n```/.exec(document) ?? [];
  const { trustedProxies, allowedHosts } = JSON.parse(settings) as Record<string, string[]>;
  cli = createCli({
    GATEHOUSE_WORKERS: '1',
    GATEHOUSE_PROVIDERS: 'cpu',
    GATEHOUSE_TRUSTED_PROXIES: trustedProxies!.join(),
    GATEHOUSE_ALLOWED_HOSTS: allowedHosts!.join(),
  });
  const made = await cli.json<{ keys: { test: string } }>('init', '--org', 'Museum');
  testKey = made.keys.test;
  service = await cli.serve('--log-level', 'error');
  const words = ['key', 'create', '--env', 'test', '--scopes', 'identity', '--cidr', `${CLIENT}/32`];
  bound = (await cli.json<{ key: string }>(...words)).key;
});
afterAll(() => cli?.clean());

let folder: string;
let proxy: ChildProcess | undefined;
afterEach(async () => {
  if (proxy && proxy.exitCode === null && proxy.signalCode === null) {
    proxy.kill('SIGKILL');
    await once(proxy, 'exit');
  }
  proxy = undefined;
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function recipeOf(language: string, changes: readonly [string, string][]): string {
  const [, recipe] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(document) ?? [];
  if (recipe === undefined) throw new Error(`docs/PROXIES.md has no block of ${language}.`);
  return changes.reduce((config, [there, here]) => {
    expect(config).toContain(there);
    return config.replaceAll(there, here);
  }, recipe);
}

async function start({ program, language, changes, run }: Recipe): Promise<number> {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-proxy-'));
  const place = { folder, port: await freePort(), box: new URL(service.url).host };
  const { config, words } = run(recipeOf(language, changes(place)), place);
  writeFileSync(join(folder, 'config'), config);
  writeFileSync(join(folder, 'chain.pem'), certificate);
  writeFileSync(join(folder, 'key.pem'), certificateKey);
  writeFileSync(join(folder, 'chain-and-key.pem'), certificate + certificateKey);
  let said = '';
  const child = spawn(program, words, { env: { HOME: folder, PATH: process.env.PATH }, stdio: 'pipe' });
  proxy = child;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${code}: ${said}`);
  });
  ended.catch(() => {});
  const listens = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(place.port, '127.0.0.1');
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
  await Promise.race([expect.poll(listens).toBe(true), ended]);
  return place.port;
}

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  from?: string;
}
async function ask(port: number, path: string, { method = 'GET', headers = {}, body, from }: Asked = {}) {
  const call = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    servername: HOST,
    rejectUnauthorized: false,
    agent: false,
    ...(from !== undefined && { localAddress: from }),
    headers: { host: `${HOST}:${port}`, ...headers },
  });
  call.end(body);
  const [answer] = await once(call, 'response');
  return { status: answer.statusCode as number, headers: answer.headers, body: await text(answer) };
}
/** Status of the answer to a WebSocket of a page of this address. */
async function upgrade(port: number, path: string): Promise<number | undefined> {
  const call = request({
    host: '127.0.0.1',
    port,
    path,
    servername: HOST,
    rejectUnauthorized: false,
    headers: {
      host: `${HOST}:${port}`,
      origin: `https://${HOST}:${port}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
    },
  });
  call.end();
  const answers = [once(call, 'upgrade'), once(call, 'response')];
  const [answer, socket] = await Promise.race(answers);
  (socket ?? answer).destroy();
  return answer.statusCode;
}
const json = { 'content-type': 'application/json' };

describe.each(Object.entries(recipes))('%s by its recipe', (name, recipe) => {
  const missing = existsSync(recipe.program)
    ? ''
    : `: there is no ${name} (apt-get install ${recipe.package})`;

  test.skipIf(missing)(`passes on Host, scheme, large bodies and WebSockets${missing}`, async () => {
    const port = await start(recipe);
    await expect.poll(async () => (await ask(port, '/ready')).status).toBe(200);
    const front = await ask(port, '/', { headers: { accept: 'text/html' } });
    expect([front.status, front.headers.location]).toEqual([302, '/console/']);
    const made = await ask(port, '/hosted/generate', {
      method: 'POST',
      headers: { ...json, 'x-api-key': testKey },
      body: '{"product":"verifyhuman"}',
    });
    expect(JSON.parse(made.body)).toMatchObject({
      hosted_url: expect.stringMatching(new RegExp(`^https://${HOST}:${port}/hosted/v/`)),
    });
    const picture = Buffer.alloc(9_000_000, 'A').toString();
    const large = await ask(port, '/api/verify', {
      method: 'POST',
      headers: { ...json, 'x-api-key': testKey },
      body: JSON.stringify({ image: picture }),
    });
    expect(JSON.parse(large.body)).toMatchObject({ code: expect.stringMatching(/^IMAGE_/) });
    expect(await upgrade(port, '/api/captures/live')).toBe(101);
  });

  test.skipIf(missing)(
    `the address of the client counts, and what clients say of it does not${missing}`,
    async () => {
      const port = await start(recipe);
      await expect.poll(async () => (await ask(port, '/ready')).status).toBe(200);
      const verify = async (from: string, headers: Record<string, string> = {}) => {
        const { body } = await ask(port, '/api/verify', {
          method: 'POST',
          from,
          headers: { ...json, 'x-api-key': bound, ...headers },
          body: '{}',
        });
        return JSON.parse(body).code;
      };
      const claims: Record<string, string>[] = [
        {},
        { 'x-forwarded-for': CLIENT },
        { 'x-forwarded-for': `${CLIENT}:567, ${CLIENT}` },
        { forwarded: `for=${CLIENT};proto=https` },
        { forwarded: 'for="' },
      ];
      for (const claim of claims) {
        expect([claim, await verify(CLIENT, claim)]).toEqual([claim, 'INVALID_REQUEST']);
        expect([claim, await verify('127.0.0.8', claim)]).toEqual([claim, 'ORIGIN_NOT_ALLOWED']);
      }
    },
  );
});

test.skipIf(!existsSync('/usr/sbin/haproxy'))(
  'HAProxy’s health check finds the box up, without a Host',
  async () => {
    await start(recipes.HAProxy!);
    const checked = async () => {
      const socket = connect(join(folder, 'stats.sock'));
      socket.end('show stat\n');
      const [head = '', ...rows] = (await text(socket)).trim().split('\n');
      const names = head.replace('# ', '').split(',');
      const cells = rows.map((row) => row.split(',')).find((row) => row[1] === 'box') ?? [];
      return ['status', 'check_status'].map((name) => cells[names.indexOf(name)]);
    };
    // Until its first check has ended it says INI.
    await expect.poll(async () => (await checked())[1]).not.toMatch(/INI|^$/);
    expect(await checked()).toEqual(['UP', 'L7OK']);
  },
);
