import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { createWorkerPool, type WorkerPool, type WorkerPoolDeps } from './face-analyzer.ts';

/** A worker controlled by the test. A configuration may forbid it to start. */
const script = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from 'node:worker_threads';
    const { gate } = workerData;
    let configuration = workerData.configuration;
    if (configuration.start === 'broken') throw new Error('no models');
    parentPort.on('message', ({ job, payload, configuration: next }) => {
      if (next) configuration = next;
      if (job === undefined) return;
      const done = (value) => parentPort.postMessage({ is: 'done', job, value });
      switch (payload.act) {
        case 'echo': return done({ got: payload.value, configuration });
        case 'size': return done(payload.bytes.length);
        case 'refuse': return parentPort.postMessage({ is: 'refused', job, code: 'IMAGE_UNREADABLE', message: 'No.', extra: { reason: 'why' }, cause: 'deep' });
        case 'fail': return parentPort.postMessage({ is: 'failed', job, message: 'bug' });
        case 'hold': Atomics.wait(payload.gate, 0, 0); return done('held');
        case 'throw': throw new Error('crash');
        case 'exit': process.exit(3);
        case 'spin': for (;;);
        case 'native':
          Atomics.add(gate, 0, 1);
          Atomics.store(payload.entered, 0, 1);
          Atomics.notify(payload.entered, 0);
          Atomics.wait(payload.gate, 0, 0);
          Atomics.sub(gate, 0, 1);
          return process.exit();
      }
    });
    parentPort.postMessage({ is: 'notice', value: 'hello' });
    parentPort.postMessage({ is: 'ready' });
  `)}`,
);

const pools: WorkerPool[] = [];
function pool(deps: Partial<WorkerPoolDeps> = {}): WorkerPool {
  const made = createWorkerPool({
    script,
    configuration: { version: 1 },
    workers: 1,
    queueLimit: 2,
    restartDelay: 1,
    clock: systemClock,
    log: silentLog,
    ...deps,
  });
  pools.push(made);
  return made;
}
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(pools.splice(0).map((made) => made.close()));
});

/** Longer than a test may take. */
const LONG = 600_000;
const run = (made: WorkerPool, payload: object, deadline = LONG, signal?: AbortSignal) =>
  made.run(() => ({ payload, transfer: [] }), deadline, { signal }).then(({ value }) => value);
/** A job that ends when `open` is called. */
function hold(made: WorkerPool, deadline = LONG) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  return {
    result: run(made, { act: 'hold', gate }, deadline),
    open() {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    },
  };
}

test('answers jobs, passes refusals on, and separates bugs from refusals', async () => {
  const notices: unknown[] = [];
  const made = pool({ noticed: (value) => notices.push(value) });
  await made.ready();
  expect(await run(made, { act: 'echo', value: 7 })).toEqual({ got: 7, configuration: { version: 1 } });
  await expect(run(made, { act: 'refuse' })).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
    message: 'No.',
    extra: { reason: 'why', cause: new Error('deep') },
  });
  await expect(run(made, { act: 'fail' })).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(notices).toEqual(['hello']);
  expect(made.stats()).toEqual({
    workers: 1,
    ready: 1,
    busy: 0,
    waiting: 0,
    queueLimit: 2,
    completed: 3,
    replaced: 0,
    lingering: 0,
    overloaded: 0,
    timedOut: 0,
    workTime: expect.any(Number),
  });
});

test('a full queue refuses at once and says when to come back; what was accepted is done in order', async () => {
  const made = pool();
  await made.ready();
  const first = hold(made);
  const order: number[] = [];
  const waiting = [1, 2].map((n) => run(made, { act: 'echo', value: n }).then(() => order.push(n)));
  await expect(run(made, { act: 'echo' })).rejects.toMatchObject({
    code: 'OVERLOADED',
    extra: { retryAfterSeconds: 1 },
  });
  expect(made.stats()).toMatchObject({ busy: 1, waiting: 2, overloaded: 1 });
  first.open();
  await Promise.all([first.result, ...waiting]);
  expect(order).toEqual([1, 2]);
});

test('an aborted job makes room while it waits; a running one goes on', async () => {
  const made = pool();
  await made.ready();
  const first = hold(made);
  const hangsUp = new AbortController();
  const dropped = run(made, { act: 'echo', value: 1 }, LONG, hangsUp.signal);
  const kept = run(made, { act: 'echo', value: 2 });
  expect(made.stats()).toMatchObject({ waiting: 2 });
  hangsUp.abort();
  await expect(dropped).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(made.stats()).toMatchObject({ busy: 1, waiting: 1 });
  await expect(run(made, { act: 'echo' }, LONG, hangsUp.signal)).rejects.toMatchObject({ code: 'TIMEOUT' });
  first.open();
  expect(await first.result).toBe('held');
  expect(await kept).toMatchObject({ got: 2 });
  expect(made.stats()).toMatchObject({ replaced: 0, timedOut: 0 });
});

test.each(['throw', 'exit'])('a worker that dies (%s) fails its job only and is replaced', async (act) => {
  const made = pool();
  await made.ready();
  const dying = run(made, { act });
  const next = run(made, { act: 'echo', value: 'after' });
  await expect(dying).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(await next).toMatchObject({ got: 'after' });
  expect(made.stats()).toMatchObject({ replaced: 1, ready: 1 });
});

test('a job past its deadline is given up, its worker replaced, the next one served', async () => {
  const made = pool();
  await made.ready();
  const stuck = run(made, { act: 'spin' }, 60);
  const next = run(made, { act: 'echo', value: 'after' });
  await expect(stuck).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(await next).toMatchObject({ got: 'after' });
  expect(made.stats()).toMatchObject({ timedOut: 1, replaced: 1, busy: 0 });
});

test('a worker inside native code is not terminated, which would abort the process: it lingers until it comes out', async () => {
  const made = pool();
  await made.ready();
  const [gate, entered] = [1, 2].map(() => new Int32Array(new SharedArrayBuffer(4)));
  // Its deadline passes when it is inside, however long it takes to come there.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const ended = vi.fn();
  const prepare = () => ({ payload: { act: 'native', gate, entered }, transfer: [] });
  const stuck = made.run(prepare, 500, { ended });
  await Atomics.waitAsync(entered!, 0, 0).value;
  vi.advanceTimersByTime(500);
  await expect(stuck).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(await run(made, { act: 'echo', value: 'after' })).toMatchObject({ got: 'after' });
  expect(made.stats()).toMatchObject({ replaced: 1, lingering: 1, ready: 1 });
  expect(ended).not.toHaveBeenCalled();
  const closed = made.close();
  Atomics.store(gate!, 0, 1);
  Atomics.notify(gate!, 0);
  await closed;
  expect(made.stats()).toMatchObject({ lingering: 0 });
  expect(ended).toHaveBeenCalledOnce();
});

test('waiting counts: a job that never got a worker times out too, and the worker is left in peace', async () => {
  const made = pool();
  await made.ready();
  const first = hold(made);
  await expect(run(made, { act: 'echo' }, 30)).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(made.stats()).toMatchObject({ timedOut: 1, replaced: 0, busy: 1, waiting: 0 });
  first.open();
  expect(await first.result).toBe('held');
});

test('a new configuration reaches the workers there are and those that come', async () => {
  const made = pool();
  await made.ready();
  made.configure({ version: 2 });
  expect(await run(made, { act: 'echo' })).toMatchObject({ configuration: { version: 2 } });
  await expect(run(made, { act: 'throw' })).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(await run(made, { act: 'echo' })).toMatchObject({ configuration: { version: 2 } });
});

test('a worker that cannot start is reported, not hidden: ready() and jobs say so, and a later one may succeed', async () => {
  const made = pool({ configuration: { start: 'broken' } });
  await expect(made.ready()).rejects.toThrow('no models');
  await expect(run(made, { act: 'echo' })).rejects.toMatchObject({
    code: 'INTERNAL',
    extra: { cause: new Error('no models') },
  });
  expect(made.stats()).toMatchObject({ ready: 0, broken: 'no models' });
  made.configure({ version: 3 });
  await expect.poll(() => made.stats().ready).toBe(1);
  expect(await run(made, { act: 'echo' })).toMatchObject({ configuration: { version: 3 } });
});

test('a job has ended when it is answered, fails with its worker, is dropped, or is refused', async () => {
  const made = pool();
  await made.ready();
  const ended = vi.fn();
  const ask = (act: string, signal?: AbortSignal) =>
    made.run(() => ({ payload: { act }, transfer: [] }), LONG, { signal, ended }).catch(() => undefined);
  for (const act of ['refuse', 'fail', 'exit', 'echo']) await ask(act);
  expect(ended).toHaveBeenCalledTimes(4);
  const first = hold(made);
  const gone = new AbortController();
  const waiting = [ask('echo', gone.signal), ask('echo'), ask('echo')];
  expect(ended).toHaveBeenCalledTimes(5);
  gone.abort();
  await ask('echo', gone.signal);
  expect(ended).toHaveBeenCalledTimes(7);
  first.open();
  await Promise.all(waiting);
  expect(ended).toHaveBeenCalledTimes(8);
});

test('transfers what it is given', async () => {
  const made = pool();
  const bytes = new Uint8Array(1000);
  const { value } = await made.run(
    () => ({ payload: { act: 'size', bytes }, transfer: [bytes.buffer] }),
    LONG,
  );
  expect(value).toBe(1000);
  expect(bytes.length).toBe(0);
});

test('close finishes what was accepted and refuses what comes later', async () => {
  const made = pool();
  await made.ready();
  const first = hold(made);
  const second = run(made, { act: 'echo', value: 2 });
  const closed = made.close();
  await expect(run(made, { act: 'echo' })).rejects.toMatchObject({ code: 'OVERLOADED' });
  first.open();
  expect(await first.result).toBe('held');
  expect(await second).toMatchObject({ got: 2 });
  await closed;
  expect(made.stats()).toMatchObject({ ready: 0, busy: 0, waiting: 0 });
});

test('two workers work at the same time', async () => {
  const made = pool({ workers: 2 });
  await made.ready();
  const [one, two] = [hold(made), hold(made)];
  expect(made.stats()).toMatchObject({ busy: 2, waiting: 0 });
  two.open();
  expect(await two.result).toBe('held');
  one.open();
  expect(await one.result).toBe('held');
});

test('one worker starts alone; a job brings the others', async () => {
  let threads = 0;
  const count = () => threads++;
  process.on('worker', count);
  onTestFinished(() => void process.off('worker', count));
  const made = pool({ workers: 3 });
  await made.started();
  expect([threads, made.stats()]).toMatchObject([1, { workers: 3, ready: 1 }]);
  const holds = [hold(made), hold(made), hold(made)];
  await made.ready();
  expect(made.stats()).toMatchObject({ ready: 3, busy: 3, waiting: 0 });
  for (const { open } of holds) open();
  await Promise.all(holds.map(({ result }) => result));
});

test('a full queue makes room for another organization, whose job is next', async () => {
  const made = pool();
  await made.ready();
  const ask = (organization: string, value: number) =>
    made.run(() => ({ payload: { act: 'echo', value }, transfer: [] }), LONG, {
      share: { world: 'live', organization, key: 'k' },
    });
  const first = hold(made);
  const order: string[] = [];
  const greedy = [1, 2].map((n) => ask('a', n).then(() => order.push(`a ${n}`)));
  const refused = expect(greedy[1]).rejects.toMatchObject({ code: 'OVERLOADED' });
  const other = ask('b', 1).then(() => order.push('b 1'));
  await refused;
  await expect(ask('a', 3)).rejects.toMatchObject({ code: 'OVERLOADED' });
  first.open();
  await Promise.all([first.result, greedy[0], other]);
  expect(order).toEqual(['a 1', 'b 1']);
});
