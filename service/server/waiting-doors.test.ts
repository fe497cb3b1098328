import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import { createOwnHosts } from '../http/listening/own-hosts.ts';
import { createServer } from '../http/server.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { openStartingDoors } from './waiting-doors.ts';

const ids = createIds(systemClock);
const bounds = { limits: { total: 100, perAddress: 50 }, sourceOf: (address: string) => address };

async function start() {
  const starting = await openStartingDoors({
    version: '1.0.0',
    clock: systemClock,
    ids,
    log: silentLog,
    trustedProxies: [],
    hosts: createOwnHosts({ listen: '127.0.0.1', allowed: [] }),
    connections: { doors: bounds, control: bounds },
    listenDoors: (server, port = 0) => listenOnHost(server, { host: '127.0.0.1', port }, { log: silentLog }),
  });
  onTestFinished(() => starting.close());
  return starting;
}

test('while the service starts, a browser gets a page that loads again, and programs are asked to repeat', async () => {
  const { url } = await start();
  const page = async (language: string) => {
    const headers = { accept: 'text/html', 'accept-language': language };
    const answer = await fetch(`${url}/console/`, { headers });
    return [answer.status, answer.headers.get('retry-after'), await answer.text()] as const;
  };
  const [status, retryAfter, english] = await page('en-GB');
  expect([status, retryAfter]).toEqual([503, '3']);
  expect(english).toContain('Gatehouse is starting');
  expect(english).toContain('<meta http-equiv="refresh" content="3">');
  expect((await page('de'))[2]).toContain('Gatehouse startet');
  const refused = await fetch(`${url}/api/verify`, { method: 'POST', body: 'x' });
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
    503,
    '3',
    expect.objectContaining({ code: 'OVERLOADED', error: expect.stringContaining('is starting') }),
  ]);
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { ready: false, reason: expect.stringContaining('is starting') },
  ]);
  const health = await fetch(`${url}/health`);
  expect([health.status, await health.json()]).toEqual([
    200,
    expect.objectContaining({ status: 'starting', version: '1.0.0' }),
  ]);
});

test.each(['h2c', 'websocket'])(
  'a request that asks for %s is answered, and does not keep the doors from its port',
  async (protocol) => {
    const starting = await start();
    const { port, hostname } = new URL(starting.url);
    const caller = connect(Number(port), hostname);
    caller.write(
      `GET /ready HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    );
    const [answer] = await once(caller, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 503 /);
    const doors = createServer({ ids, log: silentLog });
    onTestFinished(() => doors.close());
    expect(await starting.makeWay(doors)).toBe(starting.url);
    caller.destroy();
  },
);

test('the doors take its port, though a caller has sent half a request', async () => {
  const starting = await start();
  const port = Number(new URL(starting.url).port);
  const half = connect(port, '127.0.0.1');
  half.on('error', () => {});
  await once(half, 'connect');
  half.write('POST /api/verify HTTP/1.1\r\nHost: 127');
  const doors = createServer({ ids, log: silentLog });
  onTestFinished(() => doors.close());
  doors.get('/x', async () => 'open');
  expect(await starting.makeWay(doors)).toBe(starting.url);
  expect(await (await fetch(`${starting.url}/x`)).text()).toBe('open');
  half.destroy();
});
