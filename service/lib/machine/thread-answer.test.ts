import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { answerOf } from './page-thread.ts';

const thread = (code: string) =>
  new Worker(`const { parentPort } = require('node:worker_threads'); ${code}`, { eval: true });

test('the answer comes when the thread has ended', async () => {
  const one = thread('parentPort.postMessage(7)');
  expect(await answerOf(one, 'counts')).toBe(7);
  expect(one.threadId).toBe(-1);
});

test('a thread that fails or ends without an answer is an error', async () => {
  await expect(answerOf(thread('throw new RangeError("no")'), 'counts')).rejects.toThrow('no');
  await expect(answerOf(thread('process.exit(3)'), 'counts')).rejects.toThrow(
    'The thread that counts ended with 3.',
  );
});
