import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

describe('parseConfig', () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  });
  afterEach(() => rmSync(data, { recursive: true }));

  test('flags win over the environment, the environment over the file, the file over the defaults', () => {
    writeFileSync(join(data, 'gatehouse.json'), '{"port": 1, "workers": 3, "queueLimit": 5}');
    const config = parseConfig({ data, port: 4 }, { GATEHOUSE_PORT: '2', GATEHOUSE_WORKERS: '2' });
    expect({
      port: config.port,
      workers: config.workers,
      queue: config.queueLimit,
      host: config.host,
    }).toEqual({
      port: 4,
      workers: 2,
      queue: 5,
      host: '127.0.0.1',
    });
  });

  test('the settings file of the machine wins over that of the data directory, and is named where it is wrong', () => {
    writeFileSync(join(data, 'gatehouse.json'), '{"port": 1, "workers": 3}');
    const machine = join(data, 'machine.json');
    writeFileSync(machine, '{"port": 2, "queueLimit": 5}');
    const env = { GATEHOUSE_SETTINGS: machine, GATEHOUSE_QUEUE_LIMIT: '6' };
    const { port, workers, queueLimit } = parseConfig({ data }, env);
    expect({ port, workers, queueLimit }).toEqual({ port: 2, workers: 3, queueLimit: 6 });
    writeFileSync(machine, '{"colour": "blue"}');
    expect(() => parseConfig({ data }, env)).toThrow(`"colour" from ${machine}`);
  });

  test('the data directory defaults to the user’s own share', () => {
    expect(parseConfig({}, {}, '/home/ada').data).toBe('/home/ada/.local/share/gatehouse');
  });

  test.each([
    ['an unknown variable', {}, { GATEHOUSE_PROT: '1' }, 'GATEHOUSE_PROT is not a setting'],
    ['a bad number', {}, { GATEHOUSE_PORT: 'seven' }, '"port" from the environment'],
    ['a bad flag', { port: 70000 }, {}, '"port" from the command line'],
    ['a URL as a host', { allowedHosts: ['https://x.example'] }, {}, '"allowedHosts"'],
    ['a host with its port', {}, { GATEHOUSE_ALLOWED_HOSTS: 'a.example,b:80' }, 'without scheme'],
    [
      'a name as a proxy',
      {},
      { GATEHOUSE_TRUSTED_PROXIES: 'loopback,proxy.lan' },
      'an address, a network such as 10.0.0.0/8',
    ],
    ['half of TLS', { tlsCert: 'a.pem' }, {}, '--tls-key'],
    ['nodes on SQLite', { nodes: true }, {}, 'no URL names the database of the record: give --database-url'],
    [
      'nodes whose keys are in a file',
      { databaseUrl: 'postgresql://db.example/gatehouse' },
      { GATEHOUSE_NODES: 'on' },
      'of the key store: give --keys-database-url',
    ],
    [
      'a node at every address',
      {},
      { GATEHOUSE_NODE_ADDRESS: '0.0.0.0:7301' },
      '"nodeAddress" from the environment',
    ],
    ['a foreign database', { databaseUrl: 'mysql://x' }, {}, '"databaseUrl"'],
  ])('%s is refused by name', (_what, flags, env, message) => {
    expect(() => parseConfig({ data, ...flags }, env)).toThrow(ConfigError);
    expect(() => parseConfig({ data, ...flags }, env)).toThrow(message);
  });

  test('another database than the recorded one is refused, naming both and no password', () => {
    const url = 'postgresql://ada:secret@db.example/gatehouse';
    writeFileSync(join(data, 'gatehouse.json'), JSON.stringify({ databaseUrl: url }));
    expect(parseConfig({ data }, {}).databaseUrl).toBe(url);
    const renewed = 'postgres://bea:other@db.example:5432/gatehouse';
    expect(parseConfig({ data, databaseUrl: renewed }, {}).databaseUrl).toBe(renewed);
    const attempt = () =>
      parseConfig({ data }, { GATEHOUSE_DATABASE_URL: 'postgres://x:hush@db.example/trial' });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(
      `${join(data, 'gatehouse.json')} records PostgreSQL db.example:5432/gatehouse as the database of this directory, but the environment names PostgreSQL db.example:5432/trial.`,
    );
    expect(attempt).not.toThrow(/secret|hush/);
  });

  test('one database for data and keys is refused: backups of the data would hold the keys', () => {
    const databaseUrl = 'postgresql://ada:secret@db.example/gatehouse';
    const same = () =>
      parseConfig(
        { data, databaseUrl },
        { GATEHOUSE_KEYS_DATABASE_URL: 'postgres://bea@db.example:5432/gatehouse' },
      );
    expect(same).toThrow(ConfigError);
    expect(same).toThrow('The database and the key store are the same');
    expect(same).not.toThrow(/secret/);
    const keysDatabaseUrl = 'postgresql://ada:secret@db.example/keys';
    expect(parseConfig({ data, databaseUrl, keysDatabaseUrl }, {})).toMatchObject({
      databaseUrl,
      keysDatabaseUrl,
    });
    writeFileSync(join(data, 'gatehouse.json'), JSON.stringify({ keysDatabaseUrl }));
    expect(() => parseConfig({ data, keysDatabaseUrl: databaseUrl }, {})).toThrow(
      'as the key store of this directory',
    );
  });

  test('a bad file is refused by its path', () => {
    writeFileSync(join(data, 'gatehouse.json'), '{"colour": "blue"}');
    expect(() => parseConfig({ data }, {})).toThrow(`"colour" from ${join(data, 'gatehouse.json')}`);
    writeFileSync(join(data, 'gatehouse.json'), '{');
    expect(() => parseConfig({ data }, {})).toThrow('cannot be read as JSON');
  });
});
