import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesUnder } from './proof.ts';
import { searchFiles } from './search-files.ts';
import { searchInProcess } from './search-in-process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-search-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CHUNK = 256 * 1024;
const text = (words: string) => new TextEncoder().encode(words);

test('a needle is found once wherever it lies, across the pieces that are read and at the very end', async () => {
  const file = join(folder, 'property');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 6, maxLength: 40 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(CHUNK, 2 * CHUNK),
      fc.integer({ min: -45, max: 45 }),
      fc.integer({ min: 0, max: 50 }),
      async (needles, boundary, offset, after) => {
        const at = boundary + offset;
        const length = Math.max(...needles.map((bytes) => bytes.length));
        const hay = new Uint8Array(at + length + after);
        for (let i = 0; i < hay.length; i++) hay[i] = (i * 7 + (i >> 8)) % 251;
        hay.set(needles[0]!, at);
        writeFileSync(file, hay);
        const { found, bytes } = await searchFiles(
          [file],
          needles.map((one, i) => ({ kind: String(i), bytes: one })),
        );
        const expected = needles.map((needle) => {
          let times = 0;
          for (
            let from = Buffer.from(hay).indexOf(needle);
            from >= 0;
            from = Buffer.from(hay).indexOf(needle, from + 1)
          )
            times++;
          return times;
        });
        expect(bytes).toBe(hay.length);
        expect(needles.map((_, i) => found.find(({ kind }) => kind === String(i))?.times ?? 0)).toEqual(
          expected,
        );
        expect(expected[0]).toBeGreaterThan(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('files are named with what lies in them, in all folders but those passed over, and links are not followed', async () => {
  mkdirSync(join(folder, 'tree/inner'), { recursive: true });
  mkdirSync(join(folder, 'tree/models'));
  writeFileSync(join(folder, 'tree/a'), 'nothing here');
  writeFileSync(join(folder, 'tree/inner/b'), 'ada@example.com and ada@example.com');
  writeFileSync(join(folder, 'tree/models/c'), 'ada@example.com');
  symlinkSync(join(folder, 'tree/inner/b'), join(folder, 'tree/link'));
  const files = await filesUnder(join(folder, 'tree'), (path) => path === 'models');
  expect(files.sort()).toEqual([join(folder, 'tree/a'), join(folder, 'tree/inner/b')]);
  expect(
    await searchInProcess(
      [...files, join(folder, 'gone')],
      [
        { kind: 'e-mail', bytes: text('ada@example.com') },
        { kind: 'name', bytes: text('Lovelace') },
      ],
    ),
  ).toEqual({
    files: 2,
    bytes: 12 + 35,
    found: [{ file: join(folder, 'tree/inner/b'), kind: 'e-mail', times: 2 }],
    unreadable: [],
  });
  expect(await filesUnder(join(folder, 'nowhere'))).toEqual([]);
});

test('a value that would be found by chance is no needle', async () => {
  await expect(searchInProcess([], [{ kind: 'name', bytes: text('Ada') }])).rejects.toThrow(
    'at least 6 bytes',
  );
});

test('the locks of this process on the files that are searched stay', async () => {
  const file = join(folder, 'held.db');
  const held = new Sqlite(file);
  held.exec('begin exclusive');
  const program = `const Sqlite = require('better-sqlite3');
    try { new Sqlite(process.argv[1], { timeout: 0 }).exec('begin exclusive'); console.log('taken'); } catch (error) { console.log(error.code); }`;
  const another = () =>
    execFileSync(process.execPath, ['-e', program, file], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    }).trim();
  expect(another()).toBe('SQLITE_BUSY');
  await searchInProcess([file], [{ kind: 'name', bytes: text('Lovelace') }]);
  expect(another()).toBe('SQLITE_BUSY');
  held.close();
});

test.skipIf(process.platform !== 'linux')(
  'a search whose process is killed says so, and what follows',
  async () => {
    const file = join(folder, 'pipe');
    // To open it waits for a writer.
    execFileSync('mkfifo', [file]);
    // Larger than a pipe: the process is killed before it has read the task, or while it waits for a writer.
    const search = searchInProcess([file], [{ kind: 'name', bytes: Buffer.alloc(3_000_000, 'a') }]);
    const refused = expect(search).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringMatching(/ended early \(SIGKILL\).*goes on by itself/),
    });
    const found = new Set<number>();
    await expect.poll(() => searchers().map((pid) => found.add(pid)), { interval: 20 }).toHaveLength(1);
    for (const pid of found) process.kill(pid, 'SIGKILL');
    await refused;
  },
);

/** Processes that this one has started to search. */
const searchers = () =>
  readdirSync('/proc/self/task')
    .flatMap((thread) =>
      readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
    )
    .filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('search-process'))
    .map(Number);
