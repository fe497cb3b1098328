import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';
import { portrait, wall } from './portraits.ts';

interface Report {
  total: number;
  enrolled: number;
  skipped: number;
  refused: number;
  notTried: number;
  interrupted: boolean;
  refusals: { file: string; code: string; reason: string }[];
}

let cli: Cli;
let photos: string;

beforeEach(async () => {
  cli = createCli();
  photos = join(cli.data, 'photos');
  mkdirSync(photos);
  await cli.json('init', '--org', 'Museum');
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
  writeFileSync(join(photos, 'emp-17.jpg'), await portrait('stranger'));
  const file = join(cli.data, 'report.csv');
  const first = await cli.run('subject', 'import', photos, '--test', '--report', file, '--json');
  expect(first.code).toBe(1);
  const report = JSON.parse(first.stdout) as Report;
  expect(report).toMatchObject({
    total: 6,
    enrolled: 3,
    skipped: 0,
    refused: 3,
    notTried: 0,
    interrupted: false,
  });
  expect(report.refusals.map(({ file: name, code }) => [name, code])).toEqual([
    ['broken@example.com.jpg', expect.stringMatching(/^IMAGE_/)],
    ['emp-17.jpg', 'INVALID_REQUEST'],
    ['wall@example.com.jpg', 'FACE_NOT_FOUND'],
  ]);
  expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('file,person,outcome,code,reason');
  const people = await cli.json<{ subjects: { email: string; enrollments: number }[] }>(
    'subject',
    'list',
    '--test',
  );
  expect(people.subjects.map(({ email, enrollments }) => [email, enrollments]).sort()).toEqual([
    ['ada@example.com', 2],
    ['bea@example.com', 1],
  ]);

  const second = await cli.run('subject', 'import', photos, '--test', '--domain', 'example.com', '--json');
  expect(JSON.parse(second.stdout)).toMatchObject({ enrolled: 1, skipped: 3, refused: 2 });
});

test.each(['in its own process', 'through a running service'])(
  'an interrupted import %s goes on where it stopped',
  async (how) => {
    const service = how.includes('service') ? await cli.serve() : undefined;
    const amount = 40;
    const faces = [await portrait('ada'), await portrait('bea')];
    for (let n = 0; n < amount; n++) {
      const bytes = await sharp(faces[n % 2])
        .jpeg({ quality: 40 + n })
        .toBuffer();
      writeFileSync(join(photos, `person-${n}.jpg`), bytes);
    }
    const words = [
      'subject',
      'import',
      photos,
      '--test',
      '--domain',
      'example.com',
      '--concurrency',
      '2',
      '--json',
    ];
    const running = cli.start(...words);
    const journal = join(cli.data, 'imports');
    await untilLines(journal, 3, running.ended);
    running.child.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.code).toBe(1);
    const first = JSON.parse(stopped.stdout) as Report;
    expect(first).toMatchObject({ total: amount, interrupted: true, refused: 0 });
    expect(first.enrolled).toBeGreaterThanOrEqual(3);
    expect(first.notTried).toBeGreaterThan(0);
    const second = await cli.json<Report>(...words.slice(0, -1));
    expect(second).toEqual({
      total: amount,
      enrolled: first.notTried,
      skipped: first.enrolled,
      refused: 0,
      notTried: 0,
      interrupted: false,
      refusals: [],
    });
    const { total } = await cli.json<{ total: number }>('subject', 'list', '--test');
    expect(total).toBe(amount);
    await service?.end();
  },
);

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
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
