import { expect, test } from 'vitest';
import { createManualTimers } from '../../test/support/manual-timers.ts';
import { createOutgoing } from './create-outgoing.ts';
import { createResolve, systemLookup } from './resolve.ts';

function start() {
  const timers = createManualTimers();
  const asked: string[] = [];
  const answers: PromiseWithResolvers<string[]>[] = [];
  let now = 0;
  const resolve = createResolve({
    after: timers.after,
    elapsed: () => now,
    lookup(host) {
      asked.push(host);
      const answer = Promise.withResolvers<string[]>();
      answers.push(answer);
      return answer.promise;
    },
  });
  return {
    timers,
    asked,
    /** Of the question of this number, once it is asked. */
    async answer(number: number) {
      await expect.poll(() => answers.length).toBeGreaterThan(number);
      return answers[number]!;
    },
    resolve,
    advance: (milliseconds: number) => (now += milliseconds),
  };
}

test('an IP address resolves to itself without a DNS query', async () => {
  const { resolve, asked } = start();
  expect([await resolve('10.1.2.3'), await resolve('fd00::1')]).toEqual([['10.1.2.3'], ['fd00::1']]);
  expect(asked).toEqual([]);
});

test('many who ask at once ask once, and the answer is believed for five seconds', async () => {
  const { resolve, asked, answer, advance, timers } = start();
  const all = Promise.all(Array.from({ length: 10 }, () => resolve('hooks.example.org')));
  (await answer(0)).resolve(['10.1.2.3', 'fd00::1', '10.1.2.3']);
  expect(await all).toEqual(Array.from({ length: 10 }, () => ['10.1.2.3', 'fd00::1']));
  advance(4_999);
  expect(await resolve('hooks.example.org')).toEqual(['10.1.2.3', 'fd00::1']);
  expect(asked).toEqual(['hooks.example.org']);
  advance(1);
  const again = resolve('hooks.example.org');
  (await answer(1)).resolve(['10.1.2.4']);
  expect(await again).toEqual(['10.1.2.4']);
  expect(timers.running()).toEqual([]);
});

test('a name without an address says so', async () => {
  const { resolve, answer } = start();
  const none = resolve('none.example.org');
  (await answer(0)).resolve([]);
  await expect(none).rejects.toMatchObject({
    failure: 'unresolved',
    message: 'none.example.org has no address.',
  });
  const unknown = resolve('unknown.example.org');
  (await answer(1)).reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }));
  await expect(unknown).rejects.toMatchObject({
    failure: 'unresolved',
    message: 'unknown.example.org has no address (ENOTFOUND).',
  });
});

test('where the name servers do not answer, one question stays open, however often it is asked', async () => {
  const { resolve, asked, answer, timers, advance } = start();
  for (let i = 0; i < 3; i++) {
    const waiting = resolve('slow.example.org');
    timers.expire();
    await expect(waiting).rejects.toMatchObject({ failure: 'unresolved' });
    advance(60_000);
  }
  expect(asked).toEqual(['slow.example.org']);
  (await answer(0)).resolve(['10.1.2.3']);
  expect(await resolve('slow.example.org')).toEqual(['10.1.2.3']);
});

test('names whose servers do not answer take no more than their share of what asks', async () => {
  const { resolve, asked, answer, timers } = start();
  const slow = Array.from({ length: 30 }, (_, i) => resolve(`slow-${i}.example.org`).catch(() => 'late'));
  await answer(23);
  timers.expire();
  await Promise.all(slow);
  const next = resolve('hooks.example.org');
  expect(asked).toHaveLength(24);
  for (let i = 0; i < 7; i++) (await answer(i)).reject(new Error('given up'));
  (await answer(30)).resolve(['10.1.2.3']);
  expect(await next).toEqual(['10.1.2.3']);
});

test('names of one organization that are not answered hold up no other one', async () => {
  const { resolve, asked, answer } = start();
  for (let i = 0; i < 30; i++) resolve(`slow-${i}.a.example`, 'org_a').catch(() => 'late');
  const newcomer = resolve('hooks.b.example', 'org_b');
  (await answer(0)).reject(new Error('given up'));
  (await answer(24)).resolve(['10.1.2.3']);
  expect(asked[24]).toBe('hooks.b.example');
  expect(await newcomer).toEqual(['10.1.2.3']);
  // One place is left for it from now on.
  resolve('other.b.example', 'org_b').catch(() => 'late');
  await answer(25);
  expect(asked[25]).toBe('other.b.example');
});

test('the machine’s own way of asking knows localhost', async () => {
  const found = await systemLookup('localhost');
  expect(found.length).toBeGreaterThan(0);
  for (const address of found) expect(['127.0.0.1', '::1']).toContain(address);
  const outgoing = createOutgoing();
  expect(await outgoing.resolve('localhost')).toEqual([...new Set(found)]);
  await outgoing.close();
});
