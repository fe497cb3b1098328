import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { drainBody } from './read-json-bodies.ts';

const body = () => Object.assign(new PassThrough({ highWaterMark: 4 }), { complete: false });
const chunk = Buffer.from('four');

test('reads on only when it may', async () => {
  const message = body();
  const gate = Promise.withResolvers<void>();
  let taken = 0;
  drainBody(message, (bytes) => {
    taken += bytes;
    return taken === 8 ? gate.promise : undefined;
  });
  const sent = (async () => {
    for (let i = 0; i < 5; i++) {
      if (!message.write(chunk)) await new Promise((resume) => message.once('drain', resume));
    }
    message.end();
  })();
  for (let i = 0; i < 20; i++) await setImmediate();
  expect([taken, message.isPaused()]).toEqual([8, true]);
  gate.resolve();
  await sent;
  await new Promise((resume) => message.once('end', resume));
  expect(taken).toBe(20);
});

test('leaves a body alone that is there whole, or that is being read', async () => {
  const whole = Object.assign(body(), { complete: true });
  drainBody(whole, () => undefined);
  expect(whole.listenerCount('data')).toBe(0);
  const read = body();
  read.write(chunk);
  read.read();
  drainBody(read, () => undefined);
  expect(read.listenerCount('data')).toBe(0);
});
