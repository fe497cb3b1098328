import { expect, test } from 'vitest';
import { createFairQueue, type Share } from './fair-queue.ts';

interface Job {
  name: string;
  share: Share;
}

const clock = { time: 0, now: () => clock.time };
const queueOf = (seats: number) => createFairQueue<Job>({ seats, clock });
/** `live a/1 x`: world, organization and key, and which of its jobs. */
function job(name: string): Job {
  const [world, whose = ''] = name.split(' ');
  const [organization = '', key = ''] = whose.split('/');
  return { name, share: { world: world as Share['world'], organization, key } };
}
const add = (queue: ReturnType<typeof queueOf>, ...names: string[]) => {
  const jobs = names.map(job);
  for (const one of jobs) queue.add(one);
  return jobs;
};
/** With one seat: each is finished before the next. */
function drain(queue: ReturnType<typeof queueOf>): string[] {
  const names: string[] = [];
  for (let next = queue.take(); next; next = queue.take()) {
    names.push(next.name);
    queue.finish(next);
  }
  return names;
}

test('one organization’s many wait behind the first of another, and its keys take turns', () => {
  const queue = queueOf(1);
  add(
    queue,
    'live a/1 1',
    'live a/1 2',
    'live a/1 3',
    'live a/1 4',
    'live a/2 1',
    'live b/1 1',
    'live b/1 2',
  );
  expect(drain(queue)).toEqual([
    'live a/1 1',
    'live b/1 1',
    'live a/2 1',
    'live b/1 2',
    'live a/1 2',
    'live a/1 3',
    'live a/1 4',
  ]);
});

test('addresses of one key take turns, and the one with the most gives way', () => {
  const queue = queueOf(1);
  const at = (address: string, name: string): Job => ({
    name,
    share: { ...job('live a/flow').share, address },
  });
  const many = [1, 2, 3].map((number) => at('192.0.2.1', `many ${number}`));
  const one = at('192.0.2.2', 'one');
  for (const each of [...many, one]) queue.add(each);
  expect(queue.order().map(({ name }) => name)).toEqual(['many 1', 'one', 'many 2', 'many 3']);
  expect([queue.waitingOf(many[0]!.share), queue.waitingOf(at('192.0.2.3', 'none').share)]).toEqual([3, 0]);
  expect(queue.dropExcess(one, 3)).toBe(many[2]);
  expect(drain(queue)).toEqual(['many 1', 'one', 'many 2']);
});

test('networks of one IPv6 site take turns with other addresses as one', () => {
  const queue = queueOf(1);
  const at = (address: string): Job => ({ name: address, share: { ...job('live a/flow').share, address } });
  const site = ['2001:db8:7:1::1', '2001:db8:7:1::2', '2001:db8:7:2::1', '2001:db8:7:3::1'].map(at);
  const one = at('192.0.2.2');
  for (const each of [...site, one]) queue.add(each);
  expect([queue.waitingOf(site[0]!.share), queue.waitingOf(site[2]!.share)]).toEqual([2, 1]);
  expect(drain(queue)).toEqual([
    '2001:db8:7:1::1',
    '192.0.2.2',
    '2001:db8:7:2::1',
    '2001:db8:7:3::1',
    '2001:db8:7:1::2',
  ]);
});

test('of more than a thousand addresses the one that has had nothing for the longest is forgotten', () => {
  clock.time = 0;
  const queue = queueOf(3);
  const at = (address: string): Job => ({ name: address, share: { ...job('live a/flow').share, address } });
  const serve = (one: Job) => {
    queue.add(one);
    expect(queue.take()).toBe(one);
    return one;
  };
  const [early, late] = [serve(at('early')), serve(at('late'))];
  for (const one of [late, early]) queue.finish(one);
  for (let i = 0; i < 999; i++) queue.finish(serve(at(`other ${i}`)));
  for (const one of [early, late]) queue.add(one);
  // As if it were new.
  expect(queue.order()).toEqual([late, early]);
});

test('beyond its share is who has two more at work than another beside it that waits', () => {
  const queue = queueOf(3);
  const [first, second, third] = add(queue, 'live a/1 1', 'live a/1 2', 'live b/1 1') as [Job, Job, Job];
  for (let i = 0; i < 3; i++) queue.take();
  expect(queue.isBeyondShare(first)).toBe(false);
  const [c] = add(queue, 'live c/1 1') as [Job];
  expect([first, second, third].map(queue.isBeyondShare)).toEqual([true, true, false]);
  queue.finish(first);
  expect(queue.isBeyondShare(second)).toBe(false);
  expect(queue.take()).toBe(c);
  add(queue, 'test a/1 1', 'test a/1 2');
  expect(queue.isBeyondShare(second)).toBe(false);
});

test('the order is the one in which those that wait are taken', () => {
  const queue = queueOf(1);
  add(queue, 'test b/1 1', 'live a/1 1', 'live a/1 2', 'live a/2 1', 'live b/1 1', 'live b/1 2');
  const order = queue.order().map(({ name }) => name);
  expect(drain(queue)).toEqual(order);
});

test('more keys are no larger share', () => {
  const queue = queueOf(1);
  add(queue, ...[1, 2, 3, 4, 5, 6].map((key) => `live a/${key} 1`), 'live b/1 1', 'live b/1 2');
  expect(drain(queue).slice(0, 4)).toEqual(['live a/1 1', 'live b/1 1', 'live a/2 1', 'live b/1 2']);
});

test('the test world comes last, also that of another organization', () => {
  const queue = queueOf(1);
  add(queue, 'test b/1 1', 'test a/1 1', 'live a/1 1', 'live a/1 2');
  expect(drain(queue)).toEqual(['live a/1 1', 'live a/1 2', 'test b/1 1', 'test a/1 1']);
});

test('alone, one key has every seat; beside another none has the last one', () => {
  const queue = queueOf(3);
  add(queue, 'live a/1 1', 'live a/1 2', 'live a/1 3', 'live a/1 4');
  expect([1, 2, 3, 4].map(() => queue.take()?.name)).toEqual([
    'live a/1 1',
    'live a/1 2',
    'live a/1 3',
    undefined,
  ]);
});

test('the last seats that are for newcomers go to organizations with nothing at work, also of one that has been alone', () => {
  const queue = createFairQueue<Job>({ seats: 4, clock, forNewcomers: 2 });
  const [first] = add(queue, 'live a/1 1', 'live a/2 1', 'live a/3 1', 'live a/4 1') as [Job];
  expect([1, 2, 3].map(() => queue.take()?.name)).toEqual(['live a/1 1', 'live a/2 1', undefined]);
  add(queue, 'live b/1 1', 'live b/2 1', 'live c/1 1');
  expect([1, 2, 3].map(() => queue.take()?.name)).toEqual(['live b/1 1', 'live c/1 1', undefined]);
  add(queue, 'live d/1 1');
  queue.finish(first);
  expect([1, 2].map(() => queue.take()?.name)).toEqual(['live d/1 1', undefined]);
});

test.each([
  ['another organization', 'live b/1 1'],
  ['another key', 'live a/2 1'],
])('a seat is kept for %s that had work in the last ten minutes', (_, other) => {
  clock.time = 0;
  const queue = queueOf(2);
  add(queue, other);
  expect(drain(queue)).toEqual([other]);
  add(queue, 'live a/1 1', 'live a/1 2');
  expect(queue.take()?.name).toBe('live a/1 1');
  expect(queue.take()).toBeUndefined();
  const [again] = add(queue, other);
  expect(queue.take()).toBe(again);
  queue.finish(again!);
  clock.time += 10 * 60_000 - 1;
  expect(queue.take()).toBeUndefined();
  clock.time += 1;
  expect(queue.take()?.name).toBe('live a/1 2');
});

test('a seat is kept from the end of the last work on, however long it took', () => {
  clock.time = 0;
  const queue = queueOf(2);
  add(queue, 'live b/1 1', 'live a/1 1', 'live a/1 2');
  const long = queue.take()!;
  expect(long.name).toBe('live b/1 1');
  clock.time = 30 * 60_000;
  queue.finish(long);
  clock.time += 10 * 60_000 - 1;
  expect([queue.take()?.name, queue.take()]).toEqual(['live a/1 1', undefined]);
  clock.time += 1;
  expect(queue.take()?.name).toBe('live a/1 2');
});

test('work that takes longer than ten minutes is counted until its end', () => {
  clock.time = 0;
  const queue = queueOf(2);
  add(queue, 'live b/1 1');
  const long = queue.take()!;
  clock.time = 11 * 60_000;
  add(queue, 'live a/1 1');
  queue.finish(long);
  add(queue, 'live b/1 2', 'live b/1 3');
  expect([queue.take()?.name, queue.take()?.name, queue.take()]).toEqual([
    'live a/1 1',
    'live b/1 2',
    undefined,
  ]);
});

test('the one with fewer at work is next, also when it was served last', () => {
  const queue = queueOf(4);
  add(queue, 'live a/1 1', 'live a/1 2');
  const long = [queue.take(), queue.take()];
  add(queue, 'live b/1 1');
  queue.take();
  add(queue, 'live a/1 3', 'live b/1 2');
  expect(queue.take()?.name).toBe('live b/1 2');
  for (const one of long) queue.finish(one!);
  expect(queue.take()?.name).toBe('live a/1 3');
});

test('the test world never has the last seat while the live world works; the live world may have all', () => {
  clock.time = 0;
  const queue = queueOf(2);
  const [live] = add(queue, 'live a/1 1');
  queue.finish(queue.take()!);
  add(queue, 'test a/1 1', 'test a/1 2');
  expect([queue.take()?.name, queue.take()]).toEqual(['test a/1 1', undefined]);
  add(queue, 'live a/1 2', 'live a/1 3');
  expect(live?.name).toBe('live a/1 1');
  expect(queue.take()?.name).toBe('live a/1 2');
  expect(queue.take()?.name).toBe('live a/1 3');
});

test('brief work may have the seat that is kept for others, and leaves it to them as soon as they wait', () => {
  clock.time = 0;
  const queue = queueOf(2);
  add(queue, 'live b/1 1');
  drain(queue);
  const brief = ['live a/1 1', 'live a/2 1', 'live a/3 1'].map(job);
  for (const one of brief) queue.add({ ...one, share: { ...one.share, brief: true } });
  add(queue, 'live a/4 1');
  expect([queue.take()?.name, queue.take()?.name]).toEqual(['live a/1 1', 'live a/2 1']);
  queue.finish(brief[0]!);
  add(queue, 'live b/1 2');
  expect(queue.take()?.name).toBe('live b/1 2');
  queue.finish(brief[1]!);
  // Long work of `a` and of its fourth key leaves no seat beside the brief one.
  expect(queue.take()?.name).toBe('live a/3 1');
});

test('long work that waits behind brief work of its key is not let past', () => {
  clock.time = 0;
  const queue = queueOf(2);
  add(queue, 'live b/1 1');
  drain(queue);
  const [first] = add(queue, 'live a/1 1', 'live a/1 2');
  expect(queue.take()).toBe(first);
  queue.add({ name: 'brief', share: { ...job('live a/2 1').share, brief: true } });
  expect(queue.take()?.name).toBe('brief');
  expect(queue.take()).toBeUndefined();
});

test('brief work of the test world has no last seat while the live world works', () => {
  clock.time = 0;
  const queue = queueOf(2);
  add(queue, 'live a/1 1');
  drain(queue);
  for (const one of ['test a/1 1', 'test a/2 1'].map(job))
    queue.add({ ...one, share: { ...one.share, brief: true } });
  expect([queue.take()?.name, queue.take()]).toEqual(['test a/1 1', undefined]);
});

test('with one seat there is nothing to keep', () => {
  const queue = queueOf(1);
  add(queue, 'live b/1 1', 'live a/1 1');
  expect(drain(queue)).toHaveLength(2);
});

test('a full queue drops the newest entry of the caller with the most, test world first', () => {
  const queue = queueOf(1);
  const [, , third] = add(queue, 'live a/1 1', 'live a/1 2', 'live a/1 3', 'live a/2 1', 'live b/1 1');
  const newcomer = job('live b/1 2');
  queue.add(newcomer);
  expect(queue.dropExcess(newcomer, 6)).toBeUndefined();
  expect([queue.dropExcess(newcomer, 5), queue.remove(third!), queue.waiting]).toEqual([third, false, 5]);
  const [trial] = add(queue, 'test b/9 1');
  expect(queue.dropExcess(newcomer, 5)).toBe(trial);
  queue.remove(newcomer);
  add(queue, 'live b/2 1');
  const [even] = add(queue, 'live b/2 2');
  expect(queue.dropExcess(even!, 5)).toBe(even);
  expect(queue.empty().map(({ name }) => name)).toHaveLength(5);
  expect([queue.waiting, queue.take()]).toEqual([0, undefined]);
});
