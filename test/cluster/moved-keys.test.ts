import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { freePort } from '../support/free-port.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('a box whose keys are in a file', () => {
  let server: TestPostgres;
  let cli: Cli;
  beforeAll(async () => {
    server = await startPostgres(binaries!);
    cli = createCli({
      GATEHOUSE_WORKERS: '1',
      GATEHOUSE_PROVIDERS: 'cpu',
      GATEHOUSE_DEADLINE_SECONDS: '300',
    });
  });
  afterAll(async () => {
    await cli?.clean();
    await server?.stop();
  });

  test('becomes a node with its people, once its keys were moved into PostgreSQL', async () => {
    const [record, keys] = [await server.createDatabase(), await server.createDatabase()];
    await cli.json('init', '--org', 'Museum', '--database-url', record);
    const file = join(cli.temporary, 'ada.jpg');
    writeFileSync(file, await portrait('ada'));
    await cli.json('subject', 'enroll', '--test', '--email', 'ada@example.com', file);
    const move = (url: string) => cli.run('keystore', 'move', '--keys-database-url', url);

    // A database that holds something changes nothing, and neither does one that a service uses.
    expect(await move(record)).toMatchObject({ code: 1 });
    const before = readFileSync(join(cli.data, 'keys.db'));
    const running = await cli.serve();
    expect((await move(keys)).stderr).toContain('in use');
    await running.end();
    expect(readFileSync(join(cli.data, 'keys.db')).length).toBe(before.length);

    const { code, stdout } = await move(keys);
    expect([code, stdout]).toEqual([0, expect.stringContaining('those of 1 people')]);
    expect(['', '-wal', '-shm'].filter((suffix) => existsSync(join(cli.data, `keys.db${suffix}`)))).toEqual(
      [],
    );
    expect(await move(keys)).toMatchObject({ code: 1, stderr: expect.stringContaining('already') });

    const node = await cli.serve('--nodes', '--node-address', `127.0.0.1:${await freePort()}`);
    expect(await cli.json('node', 'token')).toMatchObject({ token: expect.stringMatching(/^ghnode/) });
    const { items } = await cli.json<{ items: object[] }>('subject', 'list', '--test');
    expect(items).toMatchObject([{ email: 'ada@example.com' }]);
    await node.end();
    expect((await cli.run('audit', 'verify')).code).toBe(0);
  });
});
