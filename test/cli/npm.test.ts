import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listeningPorts } from '../support/listening-ports.ts';
import { type Cli, createCli } from './gatehouse.ts';

// What scripts rely on: the command as documented, npm around it.

const root = join(import.meta.dirname, '../..');
let cli: Cli;
beforeEach(() => {
  cli = createCli();
});
afterEach(() => cli.clean());

const npm = (...words: string[]) =>
  spawn('npm', ['run', '--silent', 'gatehouse', '--', ...words, '--data', cli.data], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

test('SIGUSR1 opens no inspector in the service; SIGTERM to npm stops it, and it ends with 0', async () => {
  await cli.json('init', '--org', 'One');
  const child = npm('serve', '--host', '127.0.0.1', '--port', '0');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { event, url } = JSON.parse(String(line)) as { event: string; url: string };
  expect(event).toBe('listening');
  const { pid } = JSON.parse(readFileSync(join(cli.data, 'writer.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGUSR1');
  // Pending until Node has taken it and notified its inspector's thread: the answers come after both.
  for (let i = 0; i < 20; i++) expect((await fetch(`${url}/ready`)).status).toBe(200);
  if (process.platform === 'linux') expect(listeningPorts(pid)).toEqual([Number(new URL(url).port)]);
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(log).not.toMatch(/debugger|inspector/i);
  await expect(fetch(`${url}/ready`)).rejects.toThrow();
});

test('the exit code and the one JSON line pass through npm', async () => {
  await cli.json('init', '--org', 'One');
  const child = npm('subject', 'show', 'ada@example.com', '--json');
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const [code] = await once(child, 'close');
  expect({ code, answer: JSON.parse(lines.join('\n')).code, lines: lines.length }).toEqual({
    code: 1,
    answer: 'SUBJECT_NOT_FOUND',
    lines: 1,
  });
});

test.each([
  ['without --disable-sigusr1', [], '--disable-sigusr1'],
  [
    'with an option that opens its memory, spelled otherwise',
    ['--disable-sigusr1', '--heapsnapshot_signal=SIGUSR2'],
    '--heapsnapshot-signal',
  ],
])('no command runs under a Node.js that was started %s', (_name, options, named) => {
  const gatehouse = join(root, 'service/cli/gatehouse.ts');
  const words = [...options, gatehouse, 'init', '--org', 'One', '--data', cli.data];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(named);
  expect(readdirSync(cli.data)).toEqual([]);
});
