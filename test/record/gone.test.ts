import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';

let cli: Cli;
beforeEach(() => {
  cli = createCli();
});
afterEach(() => cli.clean());

/** Deletes the data directory of a service, or a file in it; what it answers then to an enrollment and to the question whether it is ready. */
async function answersWithout(key: string, file = ''): Promise<[number, string][]> {
  const service = await cli.serve();
  const enroll = async (name: 'ada' | 'stranger'): Promise<[number, string]> => {
    const body = new FormData();
    body.set('email', `${name}@example.com`);
    body.set('image', new Blob([await portrait(name)]), 'face.jpg');
    const headers = { 'x-api-key': key };
    const answer = await fetch(`${service.url}/api/enroll`, { method: 'POST', headers, body });
    return [answer.status, await answer.text()];
  };
  expect(await enroll('ada')).toEqual([200, expect.anything()]);
  rmSync(join(cli.data, file), { recursive: true });
  const enrolled = await enroll('stranger');
  const ready = await fetch(`${service.url}/ready`);
  const answers = [enrolled, [ready.status, await ready.text()] as [number, string]];
  await service.end();
  return answers;
}

const refused = [503, expect.stringContaining('deleted, moved or replaced')];

test('a service whose data directory was deleted acknowledges nothing more', async () => {
  const { keys } = await cli.init<{ keys: { test: string } }>('Museum');
  expect(await answersWithout(keys.test)).toEqual([refused, refused]);
});

test('a service whose lock on the data directory was deleted acknowledges nothing more', async () => {
  const { keys } = await cli.init<{ keys: { test: string } }>('Museum');
  expect(await answersWithout(keys.test, 'writer.lock.db')).toEqual([refused, refused]);
});

const binaries = findPostgres();
describe.skipIf(binaries === undefined)('with the record and the keys on PostgreSQL', () => {
  test('a service whose data directory, and with it the master key, was deleted acknowledges nothing more', async () => {
    const server = await startPostgres(binaries!);
    try {
      const urls = ['--database-url', await server.createDatabase()];
      urls.push('--keys-database-url', await server.createDatabase());
      const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Museum', ...urls);
      expect(await answersWithout(keys.test)).toEqual([refused, refused]);
    } finally {
      await server.stop();
    }
  });
});
