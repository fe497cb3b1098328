import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fullSize } from '../attacks/size.ts';
import { withoutSettings } from '../support/without-settings.ts';
import { type Cli, createCli } from './gatehouse.ts';
import { portrait, wall } from './portraits.ts';

interface Report {
  total: number;
  enrolled: number;
  skipped: number;
  refused: number;
  notTried: number;
  passedOver: number;
  interrupted: boolean;
  refusals: { file: string; code: string; reason: string }[];
}

let cli: Cli;
let photos: string;

beforeEach(async () => {
  cli = createCli();
  photos = join(cli.data, 'photos');
  mkdirSync(photos);
  await cli.init('Museum');
  await cli.json('org', 'set', '--uniqueness', 'off');
});
afterEach(() => cli.clean());

test('an import ends with what was refused and why, and a second run does only what is left', async () => {
  mkdirSync(join(photos, 'ada@example.com'));
  writeFileSync(join(photos, 'ada@example.com/1.jpg'), await portrait('ada'));
  writeFileSync(join(photos, 'ada@example.com/2.jpg'), await portrait('ada', 70));
  writeFileSync(join(photos, 'bea@example.com.jpg'), await portrait('bea'));
  writeFileSync(join(photos, 'wall@example.com.jpg'), await wall());
  writeFileSync(join(photos, 'broken@example.com.jpg'), 'not a picture');
  writeFileSync(join(photos, 'notes.txt'), 'not for us');
  const file = join(cli.data, 'report.csv');
  const first = await cli.run('subject', 'import', photos, '--test', '--report', file, '--json');
  expect(first.code).toBe(1);
  const report = JSON.parse(first.stdout) as Report;
  expect(report).toMatchObject({
    total: 5,
    enrolled: 3,
    skipped: 0,
    refused: 2,
    notTried: 0,
    passedOver: 1,
    interrupted: false,
  });
  expect(report.refusals.map(({ file: name, code }) => [name, code])).toEqual([
    ['broken@example.com.jpg', expect.stringMatching(/^IMAGE_/)],
    ['wall@example.com.jpg', 'FACE_NOT_FOUND'],
  ]);
  expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('file,person,outcome,code,reason');
  const people = await cli.json<{ items: { email: string; enrollments: number }[] }>(
    'subject',
    'list',
    '--test',
  );
  expect(people.items.map(({ email, enrollments }) => [email, enrollments]).sort()).toEqual([
    ['ada@example.com', 2],
    ['bea@example.com', 1],
  ]);

  const words = ['subject', 'import', photos, '--test', '--json'];
  writeFileSync(join(photos, 'emp-17.jpg'), await portrait('stranger'));
  const nameless = await cli.run(...words);
  expect([nameless.code, JSON.parse(nameless.stdout).code]).toEqual([2, 'USAGE']);
  expect(nameless.stderr).toContain('1 of 5 names are no e-mail address, such as "emp-17". Give --domain');
  const second = await cli.run(...words, '--domain', 'example.com');
  expect(JSON.parse(second.stdout)).toMatchObject({ enrolled: 1, skipped: 3, refused: 2 });
  // Without its journal an import looks at everything again and adds nothing.
  rmSync(join(cli.data, 'imports'), { recursive: true });
  const third = await cli.run(...words, '--domain', 'example.com');
  expect(JSON.parse(third.stdout)).toMatchObject({ enrolled: 0, skipped: 4, refused: 2 });
});

test.each(['in its own process', 'through a running service'])(
  'an interrupted import %s goes on where it stopped',
  async (how) => {
    const service = how.includes('service') ? await cli.serve() : undefined;
    const words = await manyPeople(7);
    const heldUp = holdUp(['person-03.jpg', 'person-04.jpg']);
    const running = cli.start(...words, '--concurrency', '2');
    await heldUp.reached(running.ended);
    running.child.kill('SIGINT');
    while (!running.output.stderr.includes('Stopping')) await once(running.child.stderr!, 'data');
    await heldUp.release();
    const stopped = await running.ended;
    expect(stopped.code).toBe(1);
    const ends = { total: 7, refused: 0, passedOver: 0, refusals: [] };
    expect(JSON.parse(stopped.stdout)).toEqual({
      ...ends,
      enrolled: 5,
      skipped: 0,
      notTried: 2,
      interrupted: true,
    });
    const second = await cli.json<Report>(...words.slice(0, -1));
    expect(second).toEqual({ ...ends, enrolled: 2, skipped: 5, notTried: 0, interrupted: false });
    const { total } = await cli.json<{ total: number }>('subject', 'list', '--test');
    expect(total).toBe(7);
    await service?.end();
  },
);

/** Makes pipes of these pictures: an import that reads one waits until `release`, which puts the picture back. */
function holdUp(names: readonly string[]) {
  const files = names.map((name) => join(photos, name));
  const bytes = files.map((file) => readFileSync(file));
  for (const file of files) rmSync(file);
  execFileSync('mkfifo', files);
  let pipes: FileHandle[] = [];
  return {
    /** Resolves when all of them are being read: what comes before them in the list is enrolled, as many lanes as there are pipes are held up. */
    async reached(ended: Promise<unknown>): Promise<void> {
      const early = ended.then(() => {
        throw new Error('the import ended first');
      });
      early.catch(() => {});
      pipes = await Promise.race([Promise.all(files.map((file) => open(file, 'w'))), early]);
    },
    async release(): Promise<void> {
      for (const [i, pipe] of pipes.entries()) {
        await pipe.writeFile(bytes[i]!);
        // For a later import: this one has the pipe open.
        rmSync(files[i]!);
        writeFileSync(files[i]!, bytes[i]!);
        await pipe.close();
      }
    },
  };
}

/** So many people with one picture each; the words that import them. */
async function manyPeople(amount: number): Promise<string[]> {
  const faces = [await portrait('ada'), await portrait('bea')];
  for (let n = 0; n < amount; n++)
    writeFileSync(join(photos, `person-${String(n).padStart(2, '0')}.jpg`), faces[n % 2] ?? '');
  return ['subject', 'import', photos, '--test', '--domain', 'example.com', '--json'];
}

const enrollments = async () => {
  const { items } = await cli.json<{ items: { email: string; enrollments: number }[] }>(
    ...['subject', 'list', '--test'],
  );
  return items.map(({ email, enrollments: n }) => [email, n] as const);
};

test('killed again and again, an import still enrolls every picture once', async () => {
  const amount = fullSize ? 60 : 16;
  const words = await manyPeople(amount);
  const journal = join(cli.data, 'imports');
  for (const lines of fullSize ? [3, 15, 30] : [6]) {
    const running = cli.start(...words);
    await untilLines(journal, lines, running.ended);
    running.child.kill('SIGKILL');
    await running.ended;
  }
  // What was committed and not yet written down is what such a kill leaves behind.
  const [file] = readdirSync(journal);
  const path = join(journal, file ?? '');
  writeFileSync(path, readFileSync(path, 'utf8').split('\n').slice(0, -4).join('\n'));
  const before = (await enrollments()).length;
  const last = await cli.json<Report>(...words.slice(0, -1));
  expect(last).toMatchObject({ total: amount, enrolled: amount - before, skipped: before, refused: 0 });
  const people = await enrollments();
  expect([people.length, people.filter(([, n]) => n !== 1)]).toEqual([amount, []]);
});

test('Ctrl-C through npm, which hands it on a second time, lets the pictures under way end', async () => {
  const words = await manyPeople(5);
  const heldUp = holdUp(['person-01.jpg', 'person-02.jpg']);
  const child = spawn(
    'npm',
    ['run', '--silent', 'gatehouse', '--', ...words, '--concurrency', '2', '--data', cli.data],
    {
      cwd: join(import.meta.dirname, '../..'),
      env: withoutSettings(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const [stdout, stderr] = [text(child.stdout), createInterface({ input: child.stderr })];
  const ended = once(child, 'close');
  await heldUp.reached(ended);
  // As a terminal does it: to npm and to everything below it.
  process.kill(-Number(child.pid), 'SIGINT');
  for await (const line of stderr) if (line.startsWith('Stopping')) break;
  child.stderr.resume();
  await heldUp.release();
  await ended;
  expect(JSON.parse(await stdout)).toMatchObject({ total: 5, enrolled: 3, notTried: 2, interrupted: true });
  expect(await enrollments()).toHaveLength(3);
});

test('a second Ctrl-C ends the import at once, with the report', async () => {
  const service = await cli.serve();
  const words = await manyPeople(5);
  const heldUp = holdUp(['person-01.jpg', 'person-02.jpg']);
  const file = join(cli.data, 'report.json');
  const running = cli.start(...words, '--concurrency', '2', '--report', file);
  await heldUp.reached(running.ended);
  // What is under way stays so: the service answers nothing.
  service.child.kill('SIGSTOP');
  await heldUp.release();
  const pressing = setInterval(() => running.child.kill('SIGINT'), 50);
  const { code, stdout } = await running.ended.finally(() => clearInterval(pressing));
  service.child.kill('SIGCONT');
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ total: 5, enrolled: 1, notTried: 4, interrupted: true });
  const written = JSON.parse(readFileSync(file, 'utf8')) as { outcome: string }[];
  expect(written.filter(({ outcome }) => outcome === 'not-tried')).toHaveLength(4);
  await service.end();
});

/** Waits until the journals have so many lines, or the import has ended. */
async function untilLines(folder: string, wanted: number, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const lines = () =>
    existsSync(folder)
      ? readdirSync(folder).reduce(
          (sum, file) => sum + readFileSync(join(folder, file), 'utf8').split('\n').length - 1,
          0,
        )
      : 0;
  while (lines() < wanted) {
    if (over) throw new Error('the import ended first');
    // Another process's file: there is no event when it grows.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
