import { afterEach, expect, test } from 'vitest';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import { createOwnHosts } from '../http/listening/own-hosts.ts';
import { createServer } from '../http/server.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { createSealedServers } from './sealed-servers.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

test('unsealed, the service answers at every address of localhost', async () => {
  const ids = createIds(systemClock);
  const bounds = { limits: { total: 100, perAddress: 50 }, sourceOf: (address: string) => address };
  const sealed = await createSealedServers({
    version: '1.0.0',
    clock: systemClock,
    ids,
    log: silentLog,
    trustedProxies: [],
    hosts: createOwnHosts({ listen: 'localhost', allowed: [] }),
    connections: { doors: bounds, control: bounds },
    listenControl: async () => undefined,
    listenDoors: (server) =>
      listenOnHost(
        server,
        { host: 'localhost', port: 0 },
        { log: silentLog, lookUp: async () => [{ address: '127.0.0.1' }, { address: '127.0.0.2' }] },
      ),
  });
  running.push(sealed);
  const { port } = new URL(sealed.url);
  const asked = async () => {
    const answers = ['127.0.0.1', '127.0.0.2'].map(async (host) => {
      const answer = await fetch(`http://${host}:${port}/x`);
      return [answer.status, await answer.text()];
    });
    return Promise.all(answers);
  };
  for (const [status, text] of await asked()) {
    expect(status).toBe(503);
    expect(text).toContain('"code":"SEALED"');
  }
  const page = async (accept: string, language: string) => {
    const headers = { accept, 'accept-language': language };
    const answer = await fetch(`http://127.0.0.1:${port}/verify/link`, { headers });
    return [answer.status, await answer.text()] as const;
  };
  const [status, german] = await page('text/html,application/xhtml+xml', 'de-CH,en;q=0.5');
  expect([status, german]).toEqual([503, expect.stringContaining('Diese Seite ist noch nicht verfügbar')]);
  expect(german).toContain('gatehouse unseal');
  expect((await page('text/html', 'en'))[1]).toContain('This page is not available yet');
  expect((await page('application/json', 'de'))[1]).toContain('"code":"SEALED"');
  const doors = createServer({ ids, log: silentLog });
  const control = createServer({ ids, log: silentLog });
  running.push(doors, control);
  doors.get('/x', async () => 'open');
  await sealed.handOver({ doors, control });
  expect(await asked()).toEqual([
    [200, 'open'],
    [200, 'open'],
  ]);
});
