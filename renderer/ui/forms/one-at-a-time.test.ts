import { expect, test } from 'vitest';
import { createOneAtATime } from './one-at-a-time.ts';

test('what comes while one runs is dropped, and the next after its end runs, also after a failure', async () => {
  const once = createOneAtATime();
  const ran: string[] = [];
  const first = Promise.withResolvers<void>();
  const running = once(() => {
    ran.push('first');
    return first.promise;
  });
  await Promise.all([once(() => ran.push('held')), once(() => ran.push('held again'))]);
  first.reject(new Error('no answer'));
  await expect(running).rejects.toThrow('no answer');
  await once(() => ran.push('second'));
  expect(ran).toEqual(['first', 'second']);
});
