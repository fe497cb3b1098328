import { expect, test } from 'vitest';
import { Problem } from '../lib/problem.ts';
import { throttleTries } from './key-care.ts';

let now = 0;
const wrong = (_passphrase: string) => Promise.reject(new Problem('WRONG_PASSPHRASE', 'No.'));
const code = (work: Promise<void>) =>
  work.then(
    () => 'opened',
    (error: Problem) => error.code,
  );

test('two wrong tries cost nothing; then the pause doubles up to a minute', async () => {
  now = 0;
  const tries = throttleTries(wrong, () => now);
  const pauses: number[] = [];
  for (let attempt = 1; attempt <= 11; attempt++) {
    expect(await code(tries('x'))).toBe('WRONG_PASSPHRASE');
    const after = attempt <= 2 ? 0 : await pauseOf(tries);
    pauses.push(after);
    now += 1000 * after;
  }
  expect(pauses).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

/** Seconds until the next try, from the refusal. */
const pauseOf = (tries: (passphrase: string) => Promise<void>) =>
  tries('x').then(
    () => Number.NaN,
    (error: Problem) => error.extra.retryAfterSeconds!,
  );

test('during a pause no passphrase is tried, not even the right one; the refusal gives the wait', async () => {
  now = 0;
  const tried: string[] = [];
  const tries = throttleTries(
    (passphrase: string) => {
      tried.push(passphrase);
      return passphrase === 'right' ? Promise.resolve() : wrong(passphrase);
    },
    () => now,
  );
  for (const one of ['a', 'b', 'c']) expect(await code(tries(one))).toBe('WRONG_PASSPHRASE');
  await expect(tries('right')).rejects.toMatchObject({
    code: 'BURST_LIMIT_EXCEEDED',
    extra: { retryAfterSeconds: 1 },
  });
  expect(tried).toEqual(['a', 'b', 'c']);
  now += 1000;
  expect(await code(tries('right'))).toBe('opened');
  // And the right one begins anew.
  for (const one of ['a', 'b']) expect(await code(tries(one))).toBe('WRONG_PASSPHRASE');
  expect(await code(tries('right'))).toBe('opened');
});

test('one at a time: a second try meanwhile is refused', async () => {
  let end = () => {};
  const tries = throttleTries((_: string) => new Promise((resolve) => (end = resolve)));
  const first = tries('x');
  await expect(tries('y')).rejects.toMatchObject({
    code: 'BURST_LIMIT_EXCEEDED',
    message: expect.stringContaining('Another passphrase is being tried'),
  });
  end();
  await first;
});

test('an error other than a wrong passphrase is not counted', async () => {
  const tries = throttleTries((_: string) => Promise.reject(new Problem('SEALED', 'Damaged.')));
  for (let attempt = 0; attempt < 5; attempt++) expect(await code(tries('x'))).toBe('SEALED');
});
