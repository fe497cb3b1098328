import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
const script = '/usr/bin/script';
if (!existsSync(script))
  console.warn('request-lines: no script(1) here; the lines of a terminal are not tried');

let data: string;
let child: ChildProcessWithoutNullStreams;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-lines-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const requestsIn = (said: string) => said.split(/\r?\n/).filter((line) => /^[A-Z]+ .* ms$/.test(line));

/** `gatehouse start` until it listens; `said` is what came on standard output so far. */
async function start(inTerminal: boolean) {
  // As `test/cli/gatehouse.ts` runs it.
  const program = join(process.env.TEST_BUNDLED_PROGRAM ?? '', 'gatehouse.mjs');
  const words = [node, '--disable-sigusr1', program, 'start', '--port', '0', '--data', join(data, 'box')];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: data, TMPDIR: data, GATEHOUSE_WORKERS: '1' };
  const [command = '', ...rest] = inTerminal ? [script, '-qefc', words.join(' '), '/dev/null'] : words;
  child = spawn(command, rest, { env, cwd: root });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await expect.poll(() => said).toMatch(/Ctrl-C stops\./);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
  for (const path of ['/openapi.json?email=ada@example.com', '/nowhere/ada@example.com', '/health'])
    await (await fetch(`${url}${path}`)).text();
  return {
    said: () => said,
    async end() {
      const ended = once(child, 'close');
      // In a terminal the key, which reaches the process behind it.
      if (inTerminal) child.stdin.write('\x03');
      else child.kill('SIGTERM');
      await ended;
      return said;
    },
  };
}

test.skipIf(!existsSync(script))('in a terminal each request is a line without its query', async () => {
  const service = await start(true);
  await expect.poll(service.said).toMatch(/GET \(no such path\) 404 [\d.]+ ms/);
  const said = await service.end();
  expect(requestsIn(said)).toEqual([
    expect.stringMatching(/^GET \/openapi\.json 200 [\d.]+ ms$/),
    expect.stringMatching(/^GET \(no such path\) 404 [\d.]+ ms$/),
  ]);
  expect(said).toContain('Stopped.');
});

test('without a terminal no request is shown', async () => {
  const said = await (await start(false)).end();
  expect(said).toContain('Stopped.');
  expect(requestsIn(said)).toEqual([]);
});
