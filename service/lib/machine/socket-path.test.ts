import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LONGEST_SOCKET, openSocketPath } from './socket-path.ts';

function folderOf(length: number): string {
  const around = mkdtempSync(join(tmpdir(), 'gatehouse-socket-'));
  onTestFinished(() => rmSync(around, { recursive: true, force: true }));
  const folder = join(around, 'd'.repeat(length));
  mkdirSync(folder);
  return folder;
}

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test.each([1, 60, 200])(
    'a socket in a folder whose name has %i letters is made, reached and removed',
    async (length) => {
      const file = join(folderOf(length), 'control.sock');
      using made = openSocketPath(file);
      const server = createServer((socket) => socket.end('here')).listen(made.path);
      await once(server, 'listening');
      expect(existsSync(file)).toBe(true);
      using reached = openSocketPath(file);
      const [answer] = await once(connect(reached.path), 'data');
      expect(String(answer)).toBe('here');
      server.close();
      await once(server, 'close');
      expect(existsSync(file)).toBe(false);
    },
  );

  test('where the folder is not there, that is said', () => {
    const file = join(folderOf(200), 'none', 'control.sock');
    expect(() => openSocketPath(file)).toThrow('ENOENT');
  });
});

test('elsewhere a path that is too long is refused with its length and the remedy', () => {
  const file = `/${'d'.repeat(LONGEST_SOCKET)}`;
  expect(() => openSocketPath(file, 'darwin')).toThrow(/104 bytes.*takes 103: move the data directory/);
  expect(openSocketPath(file.slice(0, -1), 'darwin').path).toBe(file.slice(0, -1));
});
