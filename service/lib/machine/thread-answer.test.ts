import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { answerOf, startPageThread } from './page-thread.ts';

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

// V8 keeps the heap of an ended thread, and the main thread would unmap it without a turn of its event loop.
const filling = (end: string) => `
  import { getHeapStatistics } from 'node:v8';
  import { workerData } from 'node:worker_threads';
  import { answerOnce, answerPages } from ${JSON.stringify(new URL('./page-thread.ts', import.meta.url).href)};
  function fill(heap) {
    process.on('exit', () => Atomics.store(heap, 0, getHeapStatistics().total_heap_size / 2 ** 20));
    return Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: 'x' + i })).length;
  }
  ${end}
`;
const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const MiB = 40;

test.each([
  [
    'its answer',
    async (heap: Int32Array) => {
      const one = new Worker(script(filling('answerOnce(() => fill(workerData));')), { workerData: heap });
      return answerOf(one, 'fills');
    },
  ],
  [
    'its last page',
    async (heap: Int32Array) => {
      const one = startPageThread(script(filling('answerPages(fill);')), 'fills');
      const answer = await one.ask(heap);
      await one.close();
      await one.close();
      return answer;
    },
  ],
])('a thread that ends with %s gives its heap back before', async (_, run) => {
  const heap = new Int32Array(new SharedArrayBuffer(4));
  expect(await run(heap)).toBe(1_000_000);
  expect(heap[0]).toBeGreaterThan(0);
  expect(heap[0]).toBeLessThan(MiB);
});
