import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Cli, createCli, type Service } from './gatehouse.ts';
import { portrait } from './portraits.ts';

const binaries = findPostgres();

// As an operator does it: docs/NODES.md.
describe.skipIf(binaries === undefined)('nodes that the settings start', () => {
  let server: TestPostgres;
  let urls: string[];
  let first: Cli;
  let second: Cli;
  let key: string;
  const started = new Map<Cli, Service>();

  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
    urls = [
      ...['--database-url', await server.createDatabase()],
      ...['--keys-database-url', await server.createDatabase()],
    ];
    first = createCli();
    second = createCli();
    key = (await first.json<{ keys: { test: string } }>('init', '--org', 'Museum', ...urls)).keys.test;
  });
  afterAll(async () => {
    await first?.clean();
    await second?.clean();
    await server?.stop();
  });

  const settingsOf = ({ data }: Cli) => JSON.parse(readFileSync(join(data, 'gatehouse.json'), 'utf8'));
  async function serve(cli: Cli, ...words: string[]): Promise<Service> {
    const service = await cli.serve('--node-address', `127.0.0.1:${await freePort()}`, ...words);
    started.set(cli, service);
    return service;
  }
  async function send(cli: Cli, path: string, image: Buffer, email?: string) {
    const reply = await fetch(`${started.get(cli)!.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ image: image.toString('base64'), email }),
    });
    return (await reply.json()) as object;
  }

  test('a service alone makes a token and says that it has to become a node; a machine joins with it', async () => {
    const alone = await first.serve();
    const token = await first.run('node', 'token');
    expect(token).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('a second one is refused until it is started as a node: "nodes": true'),
    });
    const file = join(second.temporary, 'token');
    writeFileSync(file, /ghnode\S+/.exec(token.stdout)![0], { mode: 0o600 });
    const joined = await second.run('node', 'join', '--token-file', file, '--name', 'vault-2', ...urls);
    expect(joined).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`serve --data ${second.data}`),
    });
    expect(settingsOf(second)).toEqual({
      databaseUrl: urls[1],
      keysDatabaseUrl: urls[3],
      nodes: true,
      nodeName: 'vault-2',
    });
    const refused = await second.run('serve', '--port', '0');
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/shares it with no other node: stop it, and start it as a node too/),
    });
    await alone.end();
  });

  test('both serve one record, and each is listed with its name and address', async () => {
    await serve(first, '--nodes', '--node-name', 'vault-1');
    await serve(second);
    expect(await send(first, '/api/enroll', await portrait('ada'), 'ada@example.com')).toMatchObject({
      enrolled: true,
    });
    expect(await send(second, '/api/verify', await portrait('ada', 60))).toMatchObject({
      verified: true,
      email: 'ada@example.com',
    });
    const { items } = await second.json<{ items: object[] }>('node', 'list');
    expect(items).toMatchObject([
      { name: 'vault-1', state: 'running', isThis: false },
      { name: 'vault-2', state: 'running', isThis: true, address: expect.stringMatching(/^https:..127/) },
    ]);
    expect(existsSync(join(first.data, 'node-id'))).toBe(true);
  });

  test('a service that is no node is refused beside them; commands of a stopped node work beside those that run', async () => {
    await started.get(second)!.end();
    const refused = await first.run('node', 'list');
    expect(refused.code).toBe(0);
    writeFileSync(
      join(second.data, 'gatehouse.json'),
      JSON.stringify({ ...settingsOf(second), nodes: false }),
    );
    expect(await second.run('org', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/in use by nodes that share it: .*start this service as a node too/),
    });
    writeFileSync(
      join(second.data, 'gatehouse.json'),
      JSON.stringify({ ...settingsOf(second), nodes: true }),
    );
    const { items } = await second.json<{ items: { name: string }[] }>('org', 'list');
    expect(items.map(({ name }) => name)).toEqual(['Museum']);
    expect((await first.json<{ items: object[] }>('node', 'list')).items).toMatchObject([
      { state: 'running' },
      { name: 'vault-2', state: 'stopped' },
    ]);
  });

  test('`init --nodes` writes the setting, for every later start and command', async () => {
    const third = createCli();
    const databases = [await server.createDatabase(), await server.createDatabase()] as const;
    try {
      await third.json(
        ...['init', '--org', 'Harbor', '--nodes', '--node-address', '127.0.0.1:7301'],
        ...['--database-url', databases[0], '--keys-database-url', databases[1]],
      );
      expect(settingsOf(third)).toMatchObject({ nodes: true, nodeAddress: '127.0.0.1:7301' });
      const [own] = (await third.json<{ items: object[] }>('node', 'list')).items;
      expect(own).toMatchObject({ id: expect.stringMatching(/^node_/), isThis: true });
    } finally {
      await third.clean();
    }
  });
});
