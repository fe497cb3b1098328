import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type CopyReply, type CopyRequest, createCopyThread } from './key-copy-thread.ts';

/** A worker that answers when the test says so. */
class SlowWorker extends EventEmitter {
  requests: CopyRequest[] = [];
  ended = false;
  postMessage(request: CopyRequest): void {
    this.requests.push(request);
  }
  answer(reply: CopyReply): void {
    this.emit('message', reply);
  }
  held = true;
  ref(): void {
    this.held = true;
  }
  unref(): void {
    this.held = false;
  }
  async terminate(): Promise<number> {
    this.held = true;
    this.ended = true;
    return 0;
  }
}

let workers: SlowWorker[];
let starts: boolean;
beforeEach(() => {
  vi.useFakeTimers();
  workers = [];
  starts = true;
});
afterEach(() => vi.useRealTimers());

const create = () =>
  createCopyThread({ place: '/share', identity: 'one' }, () => {
    const worker = new SlowWorker();
    workers.push(worker);
    if (starts) queueMicrotask(() => worker.answer({ ready: true }));
    return worker as unknown as Worker;
  });

const tasks = () => workers[0]!.requests.map(({ task }) => task.is);

test('a place that does not answer holds its caller up once, and is asked nothing more until it has answered', async () => {
  const thread = create();
  const first = expect(thread.run({ is: 'check' }, 4_000)).rejects.toMatchObject({
    is: 'silent',
    message: expect.stringContaining('/share'),
  });
  await vi.advanceTimersByTimeAsync(4_000);
  await first;
  await expect(thread.run({ is: 'check' }, 4_000)).rejects.toMatchObject({ is: 'silent' });
  expect(tasks()).toEqual(['check']);

  // It comes back: what it had begun is given up before anything else is asked.
  workers[0]!.answer({ request: workers[0]!.requests[0]!.request, answer: { revision: 7, copy: 'one' } });
  const again = thread.run({ is: 'check' }, 4_000);
  expect(tasks()).toEqual(['check', 'abort', 'check']);
  workers[0]!.answer({ request: workers[0]!.requests[2]!.request, answer: { revision: 8, copy: 'one' } });
  expect(await again).toEqual({ revision: 8, copy: 'one' });
});

test('the time in which the thread starts is not held against the place', async () => {
  starts = false;
  const thread = create();
  const asked = thread.run({ is: 'check' }, 4_000);
  await vi.advanceTimersByTimeAsync(60_000);
  workers[0]!.answer({ ready: true });
  await vi.advanceTimersByTimeAsync(3_999);
  workers[0]!.answer({ request: workers[0]!.requests[0]!.request, answer: { revision: 7, copy: 'one' } });
  expect(await asked).toEqual({ revision: 7, copy: 'one' });
});

test('trouble comes back as what it is', async () => {
  const thread = create();
  const asked = thread.run({ is: 'check' }, 4_000);
  const { request } = workers[0]!.requests[0]!;
  workers[0]!.answer({ request, trouble: { is: 'missing', message: 'not there' } });
  await expect(asked).rejects.toMatchObject({ is: 'missing', message: 'not there' });
});

test('a worker that dies fails what it was doing, and the next task starts another', async () => {
  const thread = create();
  const asked = expect(thread.run({ is: 'check' }, 4_000)).rejects.toMatchObject({ is: 'failed' });
  workers[0]!.emit('error', new Error('out of memory'));
  workers[0]!.emit('exit', 1);
  await asked;
  const again = thread.run({ is: 'check' }, 4_000);
  expect(workers).toHaveLength(2);
  workers[1]!.answer({ request: workers[1]!.requests[0]!.request, answer: { revision: 3, copy: 'one' } });
  expect(await again).toEqual({ revision: 3, copy: 'one' });
  await thread.close();
  expect(workers[1]!.ended).toBe(true);
});

test('one that hangs is not waited for at the end', async () => {
  const thread = create();
  const asked = expect(thread.run({ is: 'check' }, 4_000)).rejects.toMatchObject({ is: 'silent' });
  await vi.advanceTimersByTimeAsync(4_000);
  await asked;
  workers[0]!.terminate = () => new Promise(() => {});
  await thread.close();
});

test('an answer during the end does not let go of the thread, which is waited for', async () => {
  const thread = create();
  const asked = thread.run({ is: 'check' }, 4_000);
  const [worker] = workers as [SlowWorker];
  const exit = Promise.withResolvers<number>();
  worker.terminate = async () => {
    worker.held = true;
    return exit.promise;
  };
  const closed = thread.close();
  const { request } = worker.requests[0]!;
  worker.answer({ request, answer: { revision: 7, copy: 'one' } });
  expect([await asked, worker.held]).toEqual([{ revision: 7, copy: 'one' }, true]);
  await expect(thread.run({ is: 'check' }, 4_000)).rejects.toMatchObject({ is: 'failed' });
  exit.resolve(0);
  await closed;
  expect(workers).toHaveLength(1);
});
