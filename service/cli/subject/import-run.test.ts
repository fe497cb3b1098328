import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Problem } from '../../lib/problem.ts';
import { type ImportDeps, openImportJournal, runImport } from './import.ts';
import type { ImportEntry } from './import-list.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function entry(name: string, person: string): ImportEntry {
  writeFileSync(join(folder, name), `picture ${name}`);
  return { label: name, file: join(folder, name), person };
}

/** Runs with a journal on disk; `enrolled` lists what reached the box, in order. */
async function run(entries: ImportEntry[], deps: Partial<ImportDeps> = {}) {
  const journal = await openImportJournal(folder, 'org_1', 'test');
  const enrolled: string[] = [];
  try {
    const outcomes = await runImport(entries, {
      journal,
      addressOf: async (person) => person,
      async enroll({ email, picture }) {
        enrolled.push(`${email} ${Buffer.from(picture)}`);
        return {};
      },
      progress() {},
      stop: new AbortController().signal,
      halt: new AbortController().signal,
      pause: async () => {},
      concurrency: 3,
      ...deps,
    });
    return { outcomes, enrolled };
  } finally {
    await journal.close();
  }
}

const kinds = (outcomes: readonly { outcome: string }[]) => outcomes.map(({ outcome }) => outcome);

test('a second run skips what the first enrolled and tries again what it refused', async () => {
  const entries = [entry('1.jpg', 'ada@x.org'), entry('2.jpg', 'bea@x.org'), entry('3.jpg', 'ada@x.org')];
  const first = await run(entries, {
    async enroll({ email }) {
      if (email === 'bea@x.org') {
        throw new Problem('FACE_NOT_FOUND', 'There is no face.', { reason: 'Move closer.' });
      }
      return {};
    },
  });
  expect(first.outcomes).toEqual([
    { file: '1.jpg', person: 'ada@x.org', outcome: 'enrolled' },
    {
      file: '2.jpg',
      person: 'bea@x.org',
      outcome: 'refused',
      code: 'FACE_NOT_FOUND',
      reason: 'There is no face. Move closer.',
    },
    { file: '3.jpg', person: 'ada@x.org', outcome: 'enrolled' },
  ]);
  const second = await run(entries);
  expect(kinds(second.outcomes)).toEqual(['skipped', 'enrolled', 'skipped']);
  expect(second.enrolled).toEqual(['bea@x.org picture 2.jpg']);
});

test('the journal names no person and belongs to one organization and world', async () => {
  await run([entry('1.jpg', 'ada@x.org')]);
  expect(readFileSync(join(folder, 'imports/org_1-test.txt'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  const other = await openImportJournal(folder, 'org_1', 'live');
  expect(other.has('ada@x.org', readFileSync(join(folder, '1.jpg')))).toBe(false);
  await other.close();
});

test('half a line of a killed run costs nothing but itself', async () => {
  const entries = [entry('1.jpg', 'ada@x.org'), entry('2.jpg', 'bea@x.org')];
  await run(entries.slice(0, 1));
  writeFileSync(join(folder, 'imports/org_1-test.txt'), 'deadbeef', { flag: 'a' });
  await run(entries);
  const third = await run(entries);
  expect(kinds(third.outcomes)).toEqual(['skipped', 'skipped']);
});

test('the pictures of one person go one after the other, people side by side', async () => {
  const busy = new Set<string>();
  let most = 0;
  let release = () => {};
  const threeAtOnce = new Promise<void>((resolve) => {
    release = resolve;
  });
  await run(
    ['a', 'b', 'c', 'd'].flatMap((person) => [1, 2, 3].map((n) => entry(`${person}${n}.jpg`, person))),
    {
      async enroll({ email }) {
        expect(busy.has(email)).toBe(false);
        busy.add(email);
        most = Math.max(most, busy.size);
        if (busy.size === 3) release();
        await threeAtOnce;
        busy.delete(email);
        return {};
      },
    },
  );
  expect(most).toBe(3);
});

test('a stop lets what is under way end and tries no more', async () => {
  const stop = new AbortController();
  const { outcomes } = await run([entry('1.jpg', 'a'), entry('2.jpg', 'b'), entry('3.jpg', 'c')], {
    stop: stop.signal,
    concurrency: 1,
    async enroll() {
      stop.abort();
      return {};
    },
  });
  expect(kinds(outcomes)).toEqual(['enrolled', 'not-tried', 'not-tried']);
});

test('a halt waits for nothing, and what was under way counts as not tried', async () => {
  const halt = new AbortController();
  let end = () => {};
  const underWay = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { outcomes } = await run([entry('1.jpg', 'a'), entry('2.jpg', 'b'), entry('3.jpg', 'c')], {
    halt: halt.signal,
    concurrency: 1,
    async enroll({ email }) {
      if (email === 'a') return {};
      halt.abort();
      await underWay;
      return {};
    },
  });
  expect(kinds(outcomes)).toEqual(['enrolled', 'not-tried', 'not-tried']);
  end();
});

test('a picture that the box has already is skipped, and every one carries its SHA-256', async () => {
  const marks: string[] = [];
  const one = entry('1.jpg', 'a');
  const { outcomes } = await run([one], {
    async enroll({ mark }) {
      marks.push(mark);
      return { repeated: true };
    },
  });
  expect(kinds(outcomes)).toEqual(['skipped']);
  expect(marks).toEqual([createHash('sha256').update('picture 1.jpg').digest('hex')]);
  expect(kinds((await run([one])).outcomes)).toEqual(['skipped']);
});

test('a full queue is waited out', async () => {
  let calls = 0;
  const pauses: number[] = [];
  const { outcomes } = await run([entry('1.jpg', 'a')], {
    async enroll() {
      calls += 1;
      if (calls < 3) throw new Problem('OVERLOADED', 'The queue is full.');
      return {};
    },
    pause: async (milliseconds) => void pauses.push(milliseconds),
  });
  expect([kinds(outcomes), pauses]).toEqual([['enrolled'], [200, 400]]);
});

test('a box that is not well stops the import', async () => {
  const entries = [entry('1.jpg', 'a'), entry('2.jpg', 'b')];
  const enroll = async () => {
    throw new Problem('STORAGE_FULL', 'The disk is full.');
  };
  await expect(run(entries, { enroll })).rejects.toMatchObject({ code: 'STORAGE_FULL' });
});

test('a file that is gone is refused, the others are enrolled', async () => {
  const { outcomes } = await run([
    { label: 'x.jpg', file: join(folder, 'x.jpg'), person: 'a' },
    entry('1.jpg', 'b'),
  ]);
  expect(outcomes).toEqual([
    {
      file: 'x.jpg',
      person: 'a',
      outcome: 'refused',
      code: 'FILE_UNREADABLE',
      reason: `There is no such file: ${join(folder, 'x.jpg')}`,
    },
    { file: '1.jpg', person: 'b', outcome: 'enrolled' },
  ]);
});

test('a folder, a huge file and a pipe without an end are refused; the others are enrolled', async () => {
  const listed = ['pipe', 'folder', 'huge'].map((name) => ({ ...entry(`${name}.jpg`, name), label: name }));
  const [pipe, inside, huge] = listed.map(({ file }) => file);
  rmSync(pipe!);
  execFileSync('mkfifo', [pipe!]);
  const endless = spawn('sh', ['-c', 'exec cat /dev/zero > "$0"', pipe!], { stdio: 'ignore' });
  rmSync(inside!);
  mkdirSync(inside!);
  truncateSync(huge!, 11 * 1024 * 1024);
  const { outcomes, enrolled } = await run([...listed, entry('1.jpg', 'b')]);
  endless.kill();
  expect(outcomes.slice(0, 3)).toMatchObject([
    { code: 'FILE_UNREADABLE', reason: expect.stringContaining('larger than 10 MB') },
    { code: 'FILE_UNREADABLE', reason: expect.stringContaining('a folder or a device') },
    { code: 'FILE_UNREADABLE', reason: expect.stringContaining('larger than 10 MB') },
  ]);
  expect(enrolled).toEqual(['b picture 1.jpg']);
});

test('a file is found as another system writes its path, and skipped under the other spelling of its person', async () => {
  mkdirSync(join(folder, 'fotos'));
  entry('fotos/Mu\u0308ller.jpg', '');
  const listed = (person: string): ImportEntry => ({
    label: '1',
    file: join(folder, 'fotos\\M\u00fcller.jpg'),
    person,
  });
  expect((await run([listed('ada@bücher.example')])).enrolled).toEqual([
    'ada@bücher.example picture fotos/Mu\u0308ller.jpg',
  ]);
  expect(kinds((await run([listed('ada@xn--bcher-kva.example')])).outcomes)).toEqual(['skipped']);
});
