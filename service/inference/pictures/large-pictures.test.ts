import sharp from 'sharp';
import { expect, test } from 'vitest';
import { until } from '../../../test/support/fake-time.ts';
import { sceneHeic } from '../../../test/support/scene-heic.ts';
import type { Share } from '../../lib/fair/fair-queue.ts';
import { createLargePictures } from './large-pictures.ts';

const GIB = 1024 ** 3;
const heic = sceneHeic();
const of = (organization: string): Share => ({ world: 'live', organization, key: 'a' });

function start({ workers = 8, memory = GIB } = {}) {
  const run = createLargePictures({ workers, memory, waiting: 20, clock: { now: () => 0 } });
  const begun: string[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const add = (name: string, picture: Uint8Array = heic, deadline = 60_000, signal?: AbortSignal) =>
    run(picture, { share: of(name), deadline, signal }, async (ended) => {
      begun.push(name);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      void end.promise.then(ended);
      return name;
    });
  return { add, begun, ends };
}

test.each([
  [64, 8],
  [9, 2],
  [1, 1],
])('of %i GiB of memory and 8 workers, %i large pictures at once', async (memory, expected) => {
  const { add, begun } = start({ memory: memory * GIB });
  for (let i = 0; i < 12; i++) void add(`organization ${i}`);
  await until(async () => begun.length === expected);
  expect(begun).toHaveLength(expected);
});

const drawn = sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } });

test('HEIC, AVIF and interlaced PNG wait for their turn, other pictures do not', async () => {
  const { add, begun } = start();
  void add('first');
  void add('AVIF', await drawn.clone().avif({ effort: 0 }).toBuffer());
  void add('interlaced', await drawn.clone().png({ progressive: true }).toBuffer());
  void add('PNG', await drawn.clone().png().toBuffer());
  void add('JPEG', await drawn.clone().jpeg().toBuffer());
  await until(async () => begun.length === 3);
  expect(begun).toEqual(['first', 'PNG', 'JPEG']);
});

test('so do large JPEGs that come in several scans, and those whose head cannot be read', async () => {
  const { add, begun } = start();
  const segment = (marker: number, content: number[]) => [0xff, marker, 0, content.length + 2, ...content];
  const frame = (marker: number, side: number) =>
    segment(marker, [8, side >> 8, side & 255, side >> 8, side & 255, 3, 1, 17, 0, 2, 17, 0, 3, 17, 0]);
  const scan = (components: number[]) =>
    segment(0xda, [components.length, ...components.flatMap((one) => [one, 0]), 0, 63, 0]);
  const jpeg = (...parts: number[][]) =>
    Uint8Array.from([0xff, 0xd8, ...segment(0xe0, [0]), ...parts.flat()]);
  void add('first');
  void add('scan for each component', jpeg(frame(0xc0, 7000), scan([1])));
  void add('progressive', jpeg(frame(0xc2, 7000), scan([1, 2, 3])));
  void add('unreadable', jpeg([0], frame(0xc2, 7000), scan([1, 2, 3])));
  void add('filled', jpeg(Array(2_000).fill(0xff), frame(0xc0, 7000), scan([1, 2, 3])));
  void add('one scan', jpeg(frame(0xc0, 7000), scan([1, 2, 3])));
  void add('small', jpeg(frame(0xc2, 3000), scan([1, 2, 3])));
  await until(async () => begun.length >= 3);
  expect(begun.toSorted()).toEqual(['first', 'one scan', 'small']);
});

test('an organization with many large pictures lets another one go next', async () => {
  const { add, begun, ends } = start();
  const many = ['many', 'many', 'many'].map((name) => add(name));
  const other = add('other');
  await until(async () => begun.length === 1);
  ends[0]!.resolve();
  expect(await many[0]).toBe('many');
  await until(async () => begun.length === 2);
  expect(begun).toEqual(['many', 'other']);
  ends[1]!.resolve();
  expect(await other).toBe('other');
});

test('one that waits past its deadline, or whose caller is gone, is refused and never begun', async () => {
  const { add, begun, ends } = start();
  const first = add('first');
  const gone = new AbortController();
  const waiting = [add('late', heic, 1), add('gone', heic, 60_000, gone.signal)];
  gone.abort();
  expect((await Promise.allSettled(waiting)).map((one) => 'reason' in one && one.reason.code)).toEqual([
    'TIMEOUT',
    'TIMEOUT',
  ]);
  await until(async () => begun.length === 1);
  ends[0]!.resolve();
  await first;
  expect(begun).toEqual(['first']);
});

test('a picture that was answered keeps its place until nothing decodes it any more', async () => {
  const { add, begun, ends } = start();
  const answered = add('answered');
  void add('next');
  expect(await answered).toBe('answered');
  expect(begun).toEqual(['answered']);
  ends[0]!.resolve();
  await until(async () => begun.length === 2);
});
