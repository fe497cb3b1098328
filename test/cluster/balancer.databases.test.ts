import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pageConsent } from '../../service/engine/live/index.ts';
import { operator } from '../support/engine.ts';
import { freePort } from './free-port.ts';
import { binaries } from './nodes.ts';
import { type ServedNodes, serveNodes } from './served-nodes.ts';

const consent = pageConsent({ name: 'Museum' }, 'none');
const CLIENT = '127.0.0.9';

interface Front {
  program: string;
  config(place: { folder: string; port: number; boxes: string[] }): string;
  words(file: string): string[];
}
/** Each request goes to the next node. They look at none: a node that is slow is not gone. */
const fronts: Record<string, Front> = {
  HAProxy: {
    program: '/usr/sbin/haproxy',
    words: (file) => ['-db', '-f', file],
    config: ({ port, boxes }) => `defaults
  mode http
  timeout client 300s
  timeout server 300s
  timeout connect 60s
  timeout tunnel 300s
frontend gatehouse
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend nodes
backend nodes
  balance roundrobin
${boxes.map((box, at) => `  server node${at} ${box}`).join('\n')}
`,
  },
  nginx: {
    program: '/usr/sbin/nginx',
    words: (file) => ['-c', file],
    config: ({
      folder,
      port,
      boxes,
    }) => `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/${one};`).join(' ')}
  upstream nodes { ${boxes.map((box) => `server ${box} max_fails=0;`).join(' ')} }
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_read_timeout 300s;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}`,
  },
};

describe.skipIf(binaries === undefined)('two nodes behind a balancer', () => {
  let served: ServedNodes;
  let folder: string;
  const started: ChildProcess[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-front-'));
    served = await serveNodes({ trustedProxies: ['127.0.0.1'] });
  });
  afterAll(async () => {
    for (const front of started) {
      front.kill();
      if (front.exitCode === null && front.signalCode === null) await once(front, 'exit');
    }
    await served?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Of the front. */
  async function begin({ program, config, words }: Front, name: string): Promise<number> {
    const port = await freePort();
    const boxes = served.nodes.map(({ url }) => new URL(url).host);
    const file = join(folder, name);
    writeFileSync(file, config({ folder, port, boxes }));
    started.push(spawn(program, words(file), { stdio: 'ignore' }));
    await expect
      .poll(() => send(port, 'GET', '/ready').catch(() => undefined))
      .toMatchObject({ status: 200 });
    return port;
  }
  /** Over a connection of its own, from an address of a client. */
  async function send(
    port: number,
    method: string,
    path: string,
    { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
  ) {
    const order = request({
      host: '127.0.0.1',
      port,
      localAddress: CLIENT,
      method,
      path,
      agent: false,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    });
    order.end(body && JSON.stringify(body));
    const [reply] = await once(order, 'response');
    const read = await text(reply);
    const answer = read.startsWith('{') ? JSON.parse(read) : {};
    return { status: reply.statusCode as number, body: answer as Record<string, string> };
  }

  function untilReached(request: () => ReturnType<typeof send>) {
    const reached = async () => {
      const reply = await request();
      expect(reply.status).not.toBe(503);
      return reply;
    };
    return vi.waitFor(reached, { timeout: 240_000, interval: 100 });
  }

  test.each(Object.entries(fronts).filter(([, { program }]) => existsSync(program)))(
    '%s: a session, its handover to a phone and one-time links, whichever node a request reaches',
    async (name, front) => {
      const [a, b] = served.nodes;
      const port = await begin(front, name);
      const { organization } = served;
      const { token } = await a.gatehouse.liveSessions.create({
        flow: 'api',
        realm: { organization, world: 'test' },
        actor: operator,
        match: 'none',
        expiresAt: Date.now() + 600_000,
        browserOrigins: [],
        page: { title: 'Check-in', consent },
      });
      const call = async (path: string, body: object | undefined, capability?: string) => {
        const method = body ? 'POST' : 'GET';
        const headers = capability && { headers: { authorization: `Bearer ${capability}` } };
        // The other node was not reached within three seconds.
        const reply = await untilReached(() =>
          send(port, method, `/api/live/${path}`, { ...headers, ...(body && { body }) }),
        );
        expect(reply).toMatchObject({ status: 200 });
        return reply.body;
      };
      // Its place is lost after three seconds without frames, and an attempt ends: it starts again then.
      function running(capability: string) {
        const runs = async () => {
          const start = { is: 'start', frames: [] };
          expect(await call('frames', start, capability)).toMatchObject({ state: 'running' });
          expect(await call('state', undefined, capability)).toMatchObject({ state: 'running' });
        };
        return vi.waitFor(runs, { timeout: 240_000, interval: 100 });
      }
      const link = { kind: 'session', token };
      await call('describe', { link });
      const path = { flash: true, motion: true };
      await call('begin', { link, consent: true, textVersion: consent.version, path, device: {} });
      for (const _ of [1, 2]) await running(token);

      const { url, number } = await call('handover', { token });
      const code = url!.split('/').at(-1);
      for (const _ of [1, 2])
        expect(await call('handover/describe', { link: code })).toMatchObject({ state: 'ready' });
      const phone = (await call('handover/accept', { link: code, number })).token!;
      for (const _ of [1, 2]) await running(phone);
      for (const _ of [1, 2])
        expect(await call('state', undefined, token)).toMatchObject({ state: 'following' });
      const opensSocket = async () => {
        await running(phone);
        const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live/frames`, {
          headers: { origin: `http://127.0.0.1:${port}` },
        } as never);
        const first = new Promise((resolve) => {
          socket.onmessage = ({ data }) => resolve(JSON.parse(data));
          socket.onclose = resolve;
        });
        socket.onopen = () => socket.send(JSON.stringify({ token: phone }));
        const message = await first;
        socket.close();
        expect(message).toMatchObject({ is: 'state', state: 'running' });
      };
      for (const _ of [1, 2]) await vi.waitFor(opensSocket, { timeout: 240_000, interval: 100 });

      const opened = async () => {
        const { url: board } = await b.gatehouse.boardLinks.make(operator);
        return untilReached(() => send(port, 'GET', new URL(board).pathname));
      };
      expect([(await opened()).status, (await opened()).status]).toEqual([303, 303]);
      const { lines } = await a.gatehouse.auditLog.page({ limit: 20 }, { actor: operator });
      const used = lines.filter(({ action }) => action === 'jobs.open.used').slice(-2);
      expect(used.map(({ details }) => JSON.parse(details))).toMatchObject([
        { address: CLIENT },
        { address: CLIENT },
      ]);
    },
  );
});
