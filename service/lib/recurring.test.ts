import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { silentLog } from './log.ts';
import { createRecurring } from './recurring.ts';

test('never twice at a time, goes on after a failure, and stop waits for what runs', async () => {
  let tick = () => {};
  let ended = false;
  const failures: unknown[] = [];
  const recurring = createRecurring({
    log: { ...silentLog, error: (fields) => void failures.push(fields) },
    timer: {
      after(_, work) {
        tick = work;
        return () => {
          ended = true;
        };
      },
    },
  });
  const finish: ((error?: Error) => void)[] = [];
  recurring.every(
    'sweep',
    1000,
    () =>
      new Promise<void>((resolve, reject) => {
        finish.push((error) => (error ? reject(error) : resolve()));
      }),
  );
  tick();
  tick();
  await Promise.resolve();
  expect(finish).toHaveLength(1);
  finish[0]!(new Error('disk'));
  await expect.poll(() => failures.length).toBe(1);
  tick();
  await expect.poll(() => finish.length).toBe(2);
  let stopped = false;
  const stopping = recurring.stop().then(() => {
    stopped = true;
  });
  await Promise.resolve();
  expect({ ended, stopped }).toEqual({ ended: true, stopped: false });
  finish[1]!();
  await stopping;
  expect(stopped).toBe(true);
});

test('what is asked for runs at once, once more after the present run, and apart from the caller', async () => {
  const caller = new AsyncLocalStorage<string>();
  const recurring = createRecurring({ log: silentLog, timer: { after: () => () => {} } });
  const finish: (() => void)[] = [];
  const seen: unknown[] = [];
  const wake = recurring.every('relay', 1000, () => {
    seen.push(caller.getStore());
    return new Promise<void>((resolve) => void finish.push(resolve));
  });
  caller.run('transaction', () => {
    wake();
    wake();
    wake();
  });
  expect(seen).toEqual([undefined]);
  finish[0]!();
  await expect.poll(() => finish.length).toBe(2);
  wake();
  const stopping = recurring.stop();
  finish[1]!();
  await stopping;
  wake();
  expect(seen).toEqual([undefined, undefined]);
});

test('of failures in a row about one a minute is logged, and that it goes on', async () => {
  let tick = () => {};
  const said: string[] = [];
  const say = ({ failures }: { failures?: number }, what: string) => void said.push(`${failures} ${what}`);
  const recurring = createRecurring({
    log: { ...silentLog, error: say, info: say },
    timer: {
      after(_, work) {
        tick = work;
        return () => {};
      },
    },
  });
  let runs = 0;
  let broken = true;
  recurring.every('usage', 200, async () => {
    runs++;
    if (broken) throw new Error('disk');
  });
  const next = async () => {
    const before = runs;
    tick();
    await expect.poll(() => runs).toBe(before + 1);
    await new Promise(setImmediate);
  };
  for (let second = 0; second < 305; second++) await next();
  broken = false;
  for (let times = 0; times < 3; times++) await next();
  expect(said).toEqual([
    '1 recurring work failed',
    '301 recurring work failed',
    '305 recurring work goes on',
  ]);
  await recurring.stop();
});
