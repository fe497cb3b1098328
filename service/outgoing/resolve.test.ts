import { expect, test } from 'vitest';
import { createOutgoing } from './create-outgoing.ts';
import { createResolve, systemLookup } from './resolve.ts';

function start() {
  const timers = new Set<{ at: number; call: () => void }>();
  const asked: string[] = [];
  const answers: PromiseWithResolvers<string[]>[] = [];
  let now = 0;
  const resolve = createResolve({
    after(milliseconds, call) {
      const timer = { at: now + milliseconds, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    elapsed: () => now,
    lookup(host) {
      asked.push(host);
      const answer = Promise.withResolvers<string[]>();
      answers.push(answer);
      return answer.promise;
    },
  });
  /** Of the question of this number, once it is asked. */
  async function answer(number: number) {
    await expect.poll(() => answers.length).toBeGreaterThan(number);
    return answers[number]!;
  }
  return {
    timers,
    asked,
    answer,
    resolve,
    /** So many names of an organization that are not answered; those that find a place are asked from the question `first` on. */
    async silent(count: number, organization: string, { first = 0, places = count } = {}) {
      const late = Array.from({ length: count }, (_, i) =>
        resolve(`slow-${i}.${organization}.example`, organization).catch(({ message }) => message),
      );
      await answer(first + places - 1);
      return late;
    },
    advance(milliseconds: number) {
      now += milliseconds;
      for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.call();
    },
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
  expect(timers.size).toBe(0);
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
  const { resolve, asked, answer, advance } = start();
  for (let i = 0; i < 3; i++) {
    const waiting = resolve('slow.example.org');
    await answer(0);
    advance(10_000);
    await expect(waiting).rejects.toMatchObject({ failure: 'unresolved' });
    advance(60_000);
  }
  expect(asked).toEqual(['slow.example.org']);
  (await answer(0)).resolve(['10.1.2.3']);
  expect(await resolve('slow.example.org')).toEqual(['10.1.2.3']);
});

test('names whose servers do not answer take half of the places, and what waits too long behind them is not asked', async () => {
  const { resolve, asked, answer, silent, advance } = start();
  const late = await silent(30, 'a', { places: 12 });
  advance(10_000);
  const said = await Promise.all(late);
  expect([said[11], said[12]]).toEqual([
    'The name servers did not answer for slow-11.a.example.',
    'Too many names wait before slow-12.a.example.',
  ]);
  const next = resolve('hooks.example.org', 'a');
  expect(asked).toHaveLength(12);
  (await answer(0)).reject(new Error('given up'));
  (await answer(12)).resolve(['10.1.2.3']);
  expect(await next).toEqual(['10.1.2.3']);
  expect(asked.slice(12)).toEqual(['hooks.example.org']);
});

test('names of one organization that are not answered hold up no other one', async () => {
  const { resolve, asked, answer, silent } = start();
  await silent(30, 'a', { places: 12 });
  await silent(30, 'b', { first: 12, places: 1 });
  for (let i = 0; i < 11; i++) {
    const newcomer = resolve(`hooks.c${i}.example`, `c${i}`);
    await answer(13 + i);
    expect(asked[13 + i]).toBe(`hooks.c${i}.example`);
    if (i < 10) continue;
    (await answer(13 + i)).resolve(['10.1.2.3']);
    expect(await newcomer).toEqual(['10.1.2.3']);
  }
  // Who holds none is next.
  const last = resolve('hooks.d.example', 'd');
  (await answer(24)).resolve(['10.1.2.4']);
  expect(await last).toEqual(['10.1.2.4']);
  expect(asked[24]).toBe('hooks.d.example');
});

test('a name that another organization waits to ask for is asked at once, and once', async () => {
  const { resolve, asked, answer, silent } = start();
  await silent(12, 'a');
  const waiting = resolve('hooks.b.example', 'a');
  const own = resolve('hooks.b.example', 'b');
  (await answer(12)).resolve(['10.1.2.3']);
  expect(await own).toEqual(['10.1.2.3']);
  expect(asked[12]).toBe('hooks.b.example');
  (await answer(0)).reject(new Error('given up'));
  expect(await waiting).toEqual(['10.1.2.3']);
  expect(asked).toHaveLength(13);
});

test('a name has ten seconds from when it is asked, however long it waited for its turn', async () => {
  const { resolve, answer, silent, advance } = start();
  await silent(12, 'a');
  const waiting = resolve('hooks.a.example', 'a');
  advance(9_999);
  (await answer(0)).reject(new Error('given up'));
  const last = await answer(12);
  advance(9_999);
  last.resolve(['10.1.2.3']);
  expect(await waiting).toEqual(['10.1.2.3']);
});

test('the machine’s own way of asking knows localhost', async () => {
  const found = await systemLookup('localhost');
  expect(found.length).toBeGreaterThan(0);
  for (const address of found) expect(['127.0.0.1', '::1']).toContain(address);
  const outgoing = createOutgoing();
  expect(await outgoing.resolve('localhost')).toEqual([...new Set(found)]);
  await outgoing.close();
});
