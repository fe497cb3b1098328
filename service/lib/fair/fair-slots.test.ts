import { expect, test } from 'vitest';
import type { Share } from './fair-queue.ts';
import { createFairSlots } from './fair-slots.ts';

const of = (organization: string, address: string): Share => ({
  world: 'live',
  organization,
  key: 'person',
  address,
});
const open = (atOnce: number, waiting: number) =>
  createFairSlots({ atOnce, waiting, clock: { now: () => 0 }, busy: 'Too many at once.' });

test('one address that fills the queue gives way to another, whose turn comes next', async () => {
  const places = open(1, 4);
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const run = (name: string, share: Share, work = async () => {}) =>
    places(share, async () => {
      await work();
      done.push(name);
    }).catch(({ code }) => code);
  const many = [0, 1, 2, 3, 4, 5].map((number) =>
    run(`many ${number}`, of('', '203.0.113.9'), number === 0 ? () => first.promise : undefined),
  );
  const other = run('other', of('museum', '192.0.2.1'));
  first.resolve();
  expect(await Promise.all(many)).toEqual([...Array(4).fill(undefined), 'OVERLOADED', 'OVERLOADED']);
  expect([await other, done]).toEqual([undefined, ['many 0', 'other', 'many 1', 'many 2', 'many 3']]);
});

test('a failure gives its place back', async () => {
  const places = open(1, 0);
  await expect(places(of('', 'a'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await places(of('', 'a'), async () => 1)).toBe(1);
});

test('one that is given up while it waits leaves the queue', async () => {
  const places = open(1, 1);
  const first = Promise.withResolvers<void>();
  const running = places(of('', 'a'), () => first.promise);
  const given = new AbortController();
  const waiting = places(of('', 'a'), async () => 'ran', given.signal);
  given.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  await expect(places(of('', 'a'), async () => 'ran', given.signal)).rejects.toThrow('gone');
  const next = places(of('', 'b'), async () => 'next');
  first.resolve();
  await running;
  expect(await next).toBe('next');
});
