import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

// Command lines as a person writes them who does not know the command yet, and outputs that cannot be written.

const node = join(import.meta.dirname, '../../node_modules/.bin/node');
const program = join(process.env.TEST_BUNDLED_PROGRAM ?? '', 'gatehouse.mjs');

let cli: Cli;
beforeEach(() => {
  cli = createCli();
});
afterEach(() => cli.clean());

test('a command and an option that are nearly right are answered with what may have been meant', async () => {
  const { code, stdout, stderr } = await cli.bare('enroll', 'ada.jpg');
  expect([code, stdout, stderr]).toEqual([
    2,
    '',
    'error: unknown command \'enroll\'\nDid you mean "npx gatehouse subject enroll"?\n(add --help for options and examples)\n',
  ]);
  const script = await cli.bare('key', 'create', '--scope', 'identity', '--json');
  expect([script.code, JSON.parse(script.stdout)]).toEqual([
    2,
    { error: "unknown option '--scope'. Did you mean --scopes?", code: 'USAGE' },
  ]);
});

test('a word that every object of JavaScript has is an unknown command like any other', async () => {
  for (const word of ['constructor', 'toString', '__proto__']) {
    const { code, stderr } = await cli.bare(word);
    expect([code, stderr]).toEqual([
      2,
      `error: unknown command '${word}'\n(add --help for options and examples)\n`,
    ]);
  }
});

test('help of a command stands on standard output, however it is asked for', async () => {
  const create = await cli.bare('help', 'key', 'create');
  expect([create.code, create.stdout]).toEqual([0, (await cli.bare('key', 'create', '--help')).stdout]);
  expect((await cli.bare('key', 'help', 'create')).stdout).toBe(create.stdout);
  const unknown = await cli.bare('help', 'enroll');
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    'There is no command "enroll". Did you mean "npx gatehouse subject enroll"?\n',
  ]);
});

test.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is reported in a sentence', () => {
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', 'exec "$0" --disable-sigusr1 "$1" help > /dev/full', node, program],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([
    1,
    'Standard output could not be written: the disk is full. The command has run, its output is not complete.\n',
  ]);
});

test('a reader that has enough, as head has, ends a command quietly', async () => {
  const child = spawn(node, ['--disable-sigusr1', program, 'openapi'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const stderr = text(child.stderr);
  const [code] = await once(child, 'close');
  expect([code, await stderr]).toEqual([0, '']);
});

test('a restore says what to do with the setting of a key store that it cannot fill', async () => {
  const refused = createCli({ GATEHOUSE_KEYS_DATABASE_URL: 'postgresql://db.example/keys' });
  try {
    const { code, stderr } = await refused.run('restore', 'one.backup', '--keys', 'stick');
    expect([code, stderr]).toEqual([2, expect.stringContaining('env -u GATEHOUSE_KEYS_DATABASE_URL npx')]);
  } finally {
    await refused.clean();
  }
});

test('a service whose log is no longer read goes on', async () => {
  await cli.init('One');
  const service = await cli.serve('--log-level', 'debug');
  service.child.stderr?.destroy();
  for (let i = 0; i < 5; i++) expect((await fetch(`${service.url}/ready`)).status).toBe(200);
  expect((await service.end()).code).toBe(0);
});

test('SIGHUP, which a closed terminal sends, ends a service as SIGTERM does', async () => {
  await cli.init('One');
  const service = await cli.serve();
  expect(existsSync(join(cli.data, 'control.sock'))).toBe(true);
  const { code, stderr } = await service.end('SIGHUP');
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(existsSync(join(cli.data, 'control.sock'))).toBe(false);
  await expect(fetch(`${service.url}/ready`)).rejects.toThrow();
});
