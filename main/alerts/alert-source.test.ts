import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAlertSource } from './alert-source.ts';

let data: string;
let server: Server | undefined;
let asked: string | undefined;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-source-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(data, { recursive: true, force: true });
});

async function answer(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(join(data, 'control.sock'), resolve));
}
const answerJson = (status: number, body: unknown) =>
  answer(({ url }, reply) => {
    asked = url;
    reply
      .writeHead(status, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  });
const alert = { id: 'alr_1', name: 'Disk', metric: 'disk-free', env: 'live', value: 1, threshold: 2 };

test('gives the alerts for the desktop that the service has', async () => {
  await answerJson(200, { items: [{ ...alert, about: 'sub_1' }, alert] });
  expect(await createAlertSource(data)()).toEqual([{ ...alert, about: 'sub_1' }, alert]);
  expect(asked).toBe('/api/admin/alerts/desktop?limit=100');
});

test('no service, and a socket that a killed service left', async () => {
  await expect(createAlertSource(data)()).rejects.toThrow(`gatehouse serve --data ${data}`);
  writeFileSync(join(data, 'control.sock'), '');
  await expect(createAlertSource(data)()).rejects.toThrow(`No service runs on ${data}.`);
});

test('an error has the message of the service; a sealed service, the command that unseals it', async () => {
  await answerJson(503, { code: 'SEALED', error: 'sealed' });
  await expect(createAlertSource(data)()).rejects.toThrow(`gatehouse unseal --data ${data}`);
  server!.removeAllListeners('request').on('request', (_, reply) => {
    reply.writeHead(507).end(JSON.stringify({ code: 'STORAGE_FULL', error: 'The disk is full.' }));
  });
  await expect(createAlertSource(data)()).rejects.toThrow('The disk is full.');
});

test.each([
  [200, 'no JSON'],
  [200, { items: [{ id: 1 }] }],
  [200, { alerts: [] }],
  [200, {}],
  [404, 'nothing here'],
])('an answer of another program or version is refused: %s %j', async (status, body) => {
  await answerJson(status, body);
  await expect(createAlertSource(data)()).rejects.toThrow(
    /different versions|not a Gatehouse that this desktop app knows/,
  );
});

test('an endless answer and a truncated one are refused', async () => {
  await answer((_, reply) => {
    const more = () => reply.write('x'.repeat(65_536), () => setImmediate(more));
    more();
  });
  await expect(createAlertSource(data)()).rejects.toThrow('does not answer (The answer does not end.)');
  server!.removeAllListeners('request').on('request', (_, reply) => {
    reply.write('{');
    setImmediate(() => reply.destroy());
  });
  await expect(createAlertSource(data)()).rejects.toThrow('does not answer');
});
