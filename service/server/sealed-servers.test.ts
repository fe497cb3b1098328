import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { LET_IN } from '../http/listening/connections.ts';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import { createOwnHosts } from '../http/listening/own-hosts.ts';
import { createServer } from '../http/server.ts';
import { openWebSockets } from '../http/web-sockets.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { createSealedServers } from './sealed-servers.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

const ids = createIds(systemClock);
const bounds = { limits: { total: 100, perAddress: 50 }, sourceOf: (address: string) => address };
const deps = {
  version: '1.0.0',
  clock: systemClock,
  ids,
  log: silentLog,
  trustedProxies: [],
  hosts: createOwnHosts({ listen: 'localhost', allowed: [] }),
  connections: { doors: bounds, control: bounds },
};
/** A server of the doors, as after the start. */
function openDoors() {
  const doors = createServer({ ids, log: silentLog });
  running.push(doors);
  doors.get('/x', async () => 'open');
  return doors;
}

test('unsealed, the service answers at every address of localhost', async () => {
  const sealed = await createSealedServers({
    ...deps,
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
  const [doors, control] = [openDoors(), openDoors()];
  await sealed.handOver({ doors, control });
  expect(await asked()).toEqual([
    [200, 'open'],
    [200, 'open'],
  ]);
});

test('unsealed, the service takes WebSockets too', async () => {
  const sealed = await createSealedServers({
    ...deps,
    listenControl: async () => undefined,
    listenDoors: (server) => server.listen({ host: '127.0.0.1', port: 0 }),
  });
  running.push(sealed);
  const [doors, control] = [openDoors(), openDoors()];
  await openWebSockets(doors);
  await doors.register(async (app) => {
    app.route({
      method: 'GET',
      url: '/ws',
      handler: async () => 'no WebSocket',
      wsHandler(socket) {
        socket.emit(LET_IN);
        socket.send('hello');
      },
    });
  });
  await sealed.handOver({ doors, control });
  const socket = new WebSocket(`${sealed.url.replace('http', 'ws')}/ws`);
  const said = await new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => resolve('refused');
  });
  expect(said).toBe('hello');
  socket.close();
  await once(socket, 'close');
});
