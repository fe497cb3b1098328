import { expect, test } from 'vitest';
import { createDecodingSlots, inDecodingSlot } from './decoding-slots.ts';

const GIB = 1024 ** 3;

test('as many slots as memory and workers allow, at least one', () => {
  expect([
    createDecodingSlots(8, 64 * GIB).length,
    createDecodingSlots(8, 9 * GIB).length,
    createDecodingSlots(8, GIB).length,
  ]).toEqual([8, 2, 1]);
});

test('one at a time in one slot, and the next when it is given back, also after a failure', async () => {
  const slots = createDecodingSlots(1, GIB);
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const running = inDecodingSlot(slots, async () => {
    await first.promise;
    order.push('first');
    throw new Error('damaged');
  });
  const next = inDecodingSlot(slots, async () => order.push('next'));
  first.resolve();
  await expect(running).rejects.toThrow('damaged');
  await next;
  expect(order).toEqual(['first', 'next']);
});

test('a caller that waits too long is refused; a slot that was never released is free after a while', async () => {
  const slots = createDecodingSlots(1, GIB);
  let now = 1_000_000;
  const abandoned = inDecodingSlot(slots, () => new Promise(() => undefined), { now: () => now });
  void abandoned;
  await expect(inDecodingSlot(slots, async () => 'x', { now: () => now, patience: 0 })).rejects.toMatchObject(
    {
      code: 'OVERLOADED',
    },
  );
  now += 21_000;
  expect(await inDecodingSlot(slots, async () => 'x', { now: () => now })).toBe('x');
});
