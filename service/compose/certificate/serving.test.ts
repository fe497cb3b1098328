import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../config.ts';
import { readSettings } from '../../data-directory/database-location.ts';
import type { Actor } from '../../engine/audit/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { createNameCare, createServing } from './serving.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-name-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const who: Actor = { is: 'operator', name: 'ada' };
const settings = () => JSON.parse(readFileSync(join(data, 'gatehouse.json'), 'utf8'));

/** Of a box that runs with these flags. `serves`: its process takes a new start. */
function open(flags: object = {}, { serves = true } = {}) {
  const config = parseConfig({ data, ...flags }, {});
  const serving = createServing({ config, certificate: undefined, clock: systemClock });
  serving.begin('http://127.0.0.1:7300');
  if (serves) void serving.restartAsked();
  const lines: unknown[] = [];
  const foundation = {
    config,
    settings: readSettings(data),
    inTransaction: (work: (tx: unknown) => unknown) => work({}),
    audit: { add: async (_: unknown, line: unknown) => void lines.push(line) },
    boxCertificate: { names: () => ({ addresses: ['127.0.0.1', '::1', '192.168.1.17'] }) },
  };
  return { boxName: createNameCare(foundation as never, serving), lines };
}

test('a name is written down, audited, and used after a new start', async () => {
  writeFileSync(join(data, 'gatehouse.json'), '{"port": 7300}');
  const { boxName, lines } = open();
  expect(boxName.describe()).toEqual({
    url: 'http://localhost:7300/',
    network: false,
    fixed: [],
    addresses: ['192.168.1.17'],
    waits: false,
  });
  const named = await boxName.set({ hostName: 'box.home.arpa', network: true }, who);
  expect(named).toMatchObject({
    hostName: 'box.home.arpa',
    network: true,
    url: 'https://box.home.arpa:7300/',
    waits: true,
    restarting: true,
  });
  expect(settings()).toEqual({ port: 7300, hostName: 'box.home.arpa', host: '0.0.0.0' });
  expect(lines).toEqual([
    { actor: who, action: 'box.name', details: { hostName: 'box.home.arpa', network: true } },
  ]);
  // The next start, and the way back.
  const next = open({}, { serves: false });
  expect(next.boxName.describe()).toMatchObject({ hostName: 'box.home.arpa', waits: false });
  expect(await next.boxName.set({ hostName: 'box.home.arpa', network: true }, who)).toMatchObject({
    restarting: false,
  });
  expect(next.lines).toEqual([]);
  expect(await next.boxName.set({ hostName: null, network: false }, who)).toMatchObject({
    network: false,
    url: 'http://localhost:7300/',
    restarting: false,
    waits: true,
  });
  expect(settings()).toEqual({ port: 7300 });
});

test('what the command line says is not changed here, and nothing is written that could not be served', async () => {
  const { boxName, lines } = open({ hostName: 'flag.home.arpa', host: '0.0.0.0' });
  expect(boxName.describe()).toMatchObject({ hostName: 'flag.home.arpa', fixed: ['hostName', 'network'] });
  await expect(boxName.set({ hostName: 'other.home.arpa', network: true }, who)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await expect(boxName.set({ hostName: 'flag.home.arpa', network: false }, who)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  writeFileSync(join(data, 'gatehouse.json'), '{"hostName": "box.home.arpa", "httpPort": 7301}');
  const plain = open();
  for (const hostName of ['no name', 'https://box', '10.0.0.5', null])
    await expect(plain.boxName.set({ hostName, network: false }, who)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  expect([lines, plain.lines]).toEqual([[], []]);
  expect(settings()).toEqual({ hostName: 'box.home.arpa', httpPort: 7301 });
});
