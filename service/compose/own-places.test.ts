import { isIP } from 'node:net';
import { expect, test } from 'vitest';
import { type ApplianceAddressesDeps, createApplianceAddresses } from './outbound.ts';

function start(
  config: Partial<ApplianceAddressesDeps['config']> = {},
  names: Record<string, string[]> = {},
  env: Record<string, string> = {},
) {
  let now = 0;
  const machine = ['127.0.0.1', '10.0.0.5', 'fd00::5'];
  const places = createApplianceAddresses({
    config: { port: 7300, ...config },
    async resolve(host) {
      if (isIP(host) !== 0) return [host];
      const found = names[host];
      if (found === undefined) throw new Error('unresolved');
      return found;
    },
    interfaces: () => [...machine],
    elapsed: () => now,
    env,
  });
  return { ...places, machine, names, advance: (milliseconds: number) => (now += milliseconds) };
}

test('the port of the settings, until the doors say which it is', async () => {
  const fixed = start();
  expect(await fixed.current()).toEqual({ machine: fixed.machine, ports: [7300], elsewhere: [] });
  const picked = start({ port: 0 });
  expect((await picked.current()).ports).toEqual([]);
  picked.listens(40_123);
  expect((await picked.current()).ports).toEqual([40_123]);
});

test.each<[string, string, Partial<{ ports: number[]; elsewhere: { address: string; port: number }[] }>]>([
  [
    'databaseUrl',
    'postgres://me:secret@10.0.0.9/gatehouse',
    { ports: [7300], elsewhere: [{ address: '10.0.0.9', port: 5432 }] },
  ],
  [
    'databaseUrl',
    'postgres://me@127.0.0.1:5433/x',
    { ports: [7300, 5433], elsewhere: [{ address: '127.0.0.1', port: 5433 }] },
  ],
  ['keysDatabaseUrl', 'postgres://10.0.0.5/x', { ports: [7300, 5432] }],
  [
    'keysDatabaseUrl',
    'postgres://[fd00::5]/x',
    { ports: [7300, 5432], elsewhere: [{ address: 'fd00::5', port: 5432 }] },
  ],
  ['databaseUrl', 'postgres:///x?host=/run/postgresql&port=5434', { ports: [7300, 5434], elsewhere: [] }],
  ['databaseUrl', 'postgres://%2Frun%2Fpostgresql/x', { ports: [7300, 5432], elsewhere: [] }],
  [
    'databaseUrl',
    'postgres://a/x?host=10.0.0.9&port=5434',
    { ports: [7300], elsewhere: [{ address: '10.0.0.9', port: 5434 }] },
  ],
])('%s %s', async (key, url, expected) => {
  const { current } = start({ [key]: url }, { localhost: ['127.0.0.1', '::1'] });
  expect(await current()).toMatchObject(expected);
});

test('a database whose URL leaves the server out is where the environment says, else here', async () => {
  const databaseUrl = 'postgres:///gatehouse';
  expect(await start({ databaseUrl }).current()).toMatchObject({ ports: [7300, 5432] });
  const named = start(
    { databaseUrl },
    { 'db.example.org': ['10.0.0.9'] },
    { PGHOST: 'db.example.org', PGPORT: '5440' },
  );
  expect((await named.current()).elsewhere).toEqual([
    { address: 'db.example.org', port: 5440 },
    { address: '10.0.0.9', port: 5440 },
  ]);
  const socket = start({ databaseUrl }, {}, { PGHOST: '/run/postgresql' });
  expect(await socket.current()).toMatchObject({ ports: [7300, 5432], elsewhere: [] });
});

test('addresses are asked for again after five seconds; a name that does not resolve keeps those it had', async () => {
  const { current, names, machine, advance } = start(
    { databaseUrl: 'postgres://db.example.org/x' },
    { 'db.example.org': ['10.0.0.9'] },
  );
  const of = (address: string) => [
    { address: 'db.example.org', port: 5432 },
    { address, port: 5432 },
  ];
  expect((await current()).elsewhere).toEqual(of('10.0.0.9'));
  names['db.example.org'] = ['10.0.0.10'];
  machine.push('10.9.9.9');
  advance(4_999);
  expect((await current()).elsewhere).toEqual(of('10.0.0.9'));
  advance(1);
  expect(await current()).toMatchObject({ machine, elsewhere: of('10.0.0.10') });
  delete names['db.example.org'];
  advance(5_000);
  expect((await current()).elsewhere).toEqual(of('10.0.0.10'));
});

test('the machine’s own addresses are among them', async () => {
  const { current } = createApplianceAddresses({ config: { port: 7300 }, resolve: async () => [] });
  expect((await current()).machine).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]),
  );
});

test('the doors of the other nodes, and for a moment in which they cannot be read those that were known', async () => {
  let now = 0;
  let away = false;
  const { current } = createApplianceAddresses({
    config: { port: 7300 },
    resolve: async (host) => (host === 'b.example' ? ['10.0.0.7'] : [host]),
    interfaces: () => ['127.0.0.1', '10.0.0.5'],
    elapsed: () => now,
    env: {},
    async nodes() {
      if (away) throw new Error('away');
      return ['https://10.0.0.5:7301', 'https://b.example', 'http://[fd00::7]:7300', 'nothing'];
    },
  });
  const expected = {
    ports: [7300, 7301],
    elsewhere: [
      { address: '10.0.0.5', port: 7301 },
      { address: '10.0.0.5', port: 7300 },
      { address: 'b.example', port: 443 },
      { address: '10.0.0.7', port: 443 },
      { address: 'b.example', port: 7300 },
      { address: '10.0.0.7', port: 7300 },
      { address: 'fd00::7', port: 7300 },
      { address: 'fd00::7', port: 7300 },
    ],
  };
  expect(await current()).toMatchObject(expected);
  away = true;
  now = 6_000;
  expect(await current()).toMatchObject(expected);
});
