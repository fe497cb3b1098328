import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkAnswer, checkSettings, checkUpdate, describeServedTls, type Service } from './service.ts';

const service: Service = {
  version: '1.0.0',
  process: 4711,
  startedAt: '2026-11-20T12:00:00.000Z',
  url: 'http://127.0.0.1:7300',
  insecureHttp: false,
  settings: { port: '7300', logLevel: '"info"' },
};
const now = Date.parse('2026-11-20T12:00:00Z');

test('the address is asked, and another program there is not taken for the service', async () => {
  let body = '{"status":"ok","uptimeSeconds":3}';
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect(await checkAnswer(url)).toEqual({
      what: 'address',
      state: 'ok',
      found: `the service answers at ${url}`,
    });
    body = 'hello';
    expect(await checkAnswer(url)).toMatchObject({ state: 'warn' });
  } finally {
    server.close();
  }
  expect(await checkAnswer(url)).toMatchObject({ state: 'warn' });
});

test('the certificate in use is described', () => {
  const certificate = {
    subject: 'box.example.org',
    endsAt: new Date(now + 30 * 86_400_000).toISOString(),
  };
  const found = (more: Partial<Service>) => describeServedTls({ ...service, ...more }, now).found;
  expect(found({ certificate })).toBe('certificate for box.example.org, 30 more days');
  expect(found({})).toContain('not needed');
  expect(found({ insecureHttp: true })).toContain('none');
});

test('settings from flags are listed; those of a file changed after the start are not in force', () => {
  expect(checkSettings(service, service.settings, now - 1)).toEqual({
    what: 'settings in force',
    state: 'ok',
    found: 'those that this command reads',
  });
  const here = { port: '7301', workers: '2', logLevel: '"info"' };
  expect(checkSettings(service, here, now - 1)).toEqual({
    what: 'settings in force',
    state: 'ok',
    found:
      'by flags or the environment of the service: port 7300 (read here: 7301), workers not set (read here: 2)',
  });
  expect(checkSettings(service, here, now + 1)).toMatchObject({
    state: 'warn',
    found: expect.stringContaining('gatehouse.json was changed after the start: port 7300'),
  });
});

test('an update that was interrupted is named, with what ends it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-update-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(await checkUpdate(folder)).toBeUndefined();
  writeFileSync(join(folder, 'journal.json'), '{}');
  expect(await checkUpdate(folder)).toMatchObject({
    state: 'fail',
    remedy: expect.stringMatching(
      new RegExp(`${join(folder, 'recover')} .*where the new version was ready.*goes back.*kept beside`),
    ),
  });
});
