import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
    stdio: ['ignore', 'pipe', 'inherit'],
  });

test('SIGTERM to npm stops the service behind it, which ends with 0', async () => {
  await cli.json('init', '--org', 'One');
  const child = npm('serve', '--host', '127.0.0.1', '--port', '0');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { event, url } = JSON.parse(String(line)) as { event: string; url: string };
  expect(event).toBe('listening');
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
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
