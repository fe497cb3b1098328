import { expect, test } from 'vitest';
import { until } from '../../../test/support/fake-time.ts';
import type { Share } from '../../lib/fair/fair-queue.ts';
import { createLargePictures } from './large-pictures.ts';

const GIB = 1024 ** 3;
const of = (organization: string): Share => ({ world: 'live', organization, key: 'a' });

function start({ workers = 8, memory = GIB } = {}) {
  const run = createLargePictures({ workers, memory, waiting: 20, clock: { now: () => 0 } });
  const begun: string[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const add = (name: string, deadline = 60_000, signal?: AbortSignal) =>
    run({ share: of(name), deadline, signal }, async (ended) => {
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
  const waiting = [add('late', 1), add('gone', 60_000, gone.signal)];
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
