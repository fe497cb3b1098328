import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSocketTransport } from './socket-transport.ts';

let folder: string;
let service: Server;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-socket-'));
  path = join(folder, 'control.sock');
});
afterEach(() => {
  service.close();
  rmSync(folder, { recursive: true, force: true });
});

/** `lose`: what happens to the service when it is asked. */
async function askWhile(lose: (service: Server) => void): Promise<unknown> {
  service = createServer((request) => {
    lose(service);
    request.socket.destroy();
  });
  await new Promise<void>((resolve) => service.listen(path, resolve));
  const transport = createSocketTransport(path);
  const refused = await transport
    .fetch(new Request('http://control/api/admin/backups', { method: 'POST' }))
    .catch((error: unknown) => error);
  await transport.close();
  return refused;
}

test('a connection that is lost while the service runs is not called its end', async () => {
  expect(await askWhile(() => {})).toMatchObject({
    code: 'INTERNAL',
    message: expect.stringMatching(
      /^The connection to the service was lost \(ECONNRESET\)\. The service runs/,
    ),
  });
});

test('a service that has ended is', async () => {
  expect(await askWhile((ending) => ending.close())).toMatchObject({
    code: 'INTERNAL',
    message: expect.stringMatching(/^The service stopped while the command ran \(ECONNRESET\)/),
  });
});
