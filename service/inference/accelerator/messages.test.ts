import { expect, test } from 'vitest';
import { fakeNet } from '../../../test/support/fake-net.ts';
import { type BatchDeps, type Call, createBatches } from './messages.ts';

const size = [2, 1] as const;
/** A picture whose answer is `value`. */
const picture = (value: number, count = 1) => new Float32Array(6 * count).fill(value);
const call = (model: Call['model'], value: number, more: Partial<Call> = {}): Call => ({
  model,
  input: picture(value),
  count: 1,
  size,
  isWanted: () => true,
  ...more,
});

/** Batches whose next turn the test begins: what comes before it is run together. */
function started(more: Partial<BatchDeps> = {}) {
  let begin: (() => void) | undefined;
  const batches = createBatches({
    most: 32,
    nextTurn: () =>
      new Promise((resolve) => {
        begin = resolve;
      }),
    isLost: async () => false,
    ...more,
  });
  return {
    run: (given: Call) =>
      batches.run(given).then(
        (outputs) => [...outputs.live!],
        (error: Error) => error.message,
      ),
    /** Until nothing is left to do. */
    async finish<T>(answers: Promise<T>[]): Promise<T[]> {
      const all = Promise.all(answers);
      let ended = false;
      void all.then(() => {
        ended = true;
      });
      while (!ended) {
        begin?.();
        await new Promise(setImmediate);
      }
      return all;
    },
  };
}

test('calls for one net that came meanwhile are one run, and each gets its own answer', async () => {
  const net = fakeNet('net');
  const batches = started();
  const answers = [0.25, 0.5, 0.75].map((value) => batches.run(call(net, value)));
  answers.push(batches.run(call(net, 0.125, { input: picture(0.125, 2), count: 2 })));
  expect(await batches.finish(answers)).toEqual([[0.25], [0.5], [0.75], [0.125, 0.125]]);
  expect(net.runs).toEqual([5]);
});

test('a call that comes alone does not wait for others', async () => {
  const net = fakeNet('net');
  const batches = started();
  expect(await batches.finish([batches.run(call(net, 0.5))])).toEqual([[0.5]]);
  expect(await batches.finish([batches.run(call(net, 0.25))])).toEqual([[0.25]]);
  expect(net.runs).toEqual([1, 1]);
});

test('the oldest call is first, whatever net it is for; no run is larger than allowed', async () => {
  const order: string[] = [];
  const nets = ['a', 'b'].map((id) => {
    const net = fakeNet(id);
    return {
      ...net,
      run: (...given: Parameters<typeof net.run>) => {
        order.push(`${id}${given[1]}`);
        return net.run(...given);
      },
    };
  });
  const batches = started({ most: 3 });
  const asked = ['a', 'b', 'a', 'a', 'b', 'a'];
  await batches.finish(asked.map((id) => batches.run(call(nets.find(({ entry }) => entry.id === id)!, 0.5))));
  expect(order).toEqual(['a3', 'b2', 'a1']);
});

test('nets that take one picture, and pictures of another size, are run by themselves', async () => {
  const single = fakeNet('single', { batch: false });
  const sized = fakeNet('sized');
  const batches = started();
  await batches.finish([
    ...[0.5, 0.5].map((value) => batches.run(call(single, value))),
    batches.run(call(sized, 0.5)),
    batches.run(call(sized, 0.5, { input: new Float32Array(12).fill(0.5), size: [4, 1] })),
    batches.run(call(sized, 0.5)),
  ]);
  expect(single.runs).toEqual([1, 1]);
  expect(sized.runs).toEqual([2, 1]);
});

test('a call whose deadline has passed is not run', async () => {
  const net = fakeNet('net');
  const batches = started();
  const late = batches.run(call(net, 0.5, { isWanted: () => false }));
  expect(await batches.finish([late, batches.run(call(net, 0.25))])).toEqual(['It came too late.', [0.25]]);
  expect(net.runs).toEqual([1]);
});

test('one call that fails does not make the others of its run fail', async () => {
  const good = fakeNet('net');
  const net = fakeNet('net', {
    async run(input, count, given) {
      if (input.includes(0.75)) throw new Error('poison');
      return good.run(input, count, given);
    },
  });
  const batches = started();
  const answers = [0.25, 0.75, 0.5].map((value) => batches.run(call(net, value)));
  expect(await batches.finish(answers)).toEqual([[0.25], 'poison', [0.5]]);
  expect(net.runs).toEqual([3, 1, 1, 1]);
});

test('a call of the wrong length is refused before it joins others', async () => {
  const net = fakeNet('net');
  const batches = started();
  const wrong = batches.run(call(net, 0.5, { input: new Float32Array(5) }));
  const answers = await batches.finish([wrong, batches.run(call(net, 0.5))]);
  expect(answers).toEqual(['An input of 5 values is not 1 of 2 by 1.', [0.5]]);
  expect(net.runs).toEqual([1]);
});

test('after the device is lost everything is refused, and nothing is run again', async () => {
  const net = fakeNet('net', { run: () => Promise.reject(new Error('Device lost.')) });
  const other = fakeNet('other');
  const batches = started({ isLost: async () => true });
  const answers = [call(net, 0.5), call(net, 0.5), call(other, 0.5)].map((one) => batches.run(one));
  expect(await batches.finish(answers)).toEqual(['Device lost.', 'Device lost.', 'Device lost.']);
  expect(await batches.finish([batches.run(call(other, 0.5))])).toEqual(['Device lost.']);
  expect([net.runs, other.runs]).toEqual([[2], []]);
});

test('a device that is lost while calls are repeated alone is not asked again', async () => {
  const net = fakeNet('net', { run: () => Promise.reject(new Error('Device lost.')) });
  let asked = 0;
  const batches = started({ isLost: async () => ++asked > 1 });
  const answers = [0.1, 0.2, 0.3].map((value) => batches.run(call(net, value)));
  expect(await batches.finish(answers)).toEqual(['Device lost.', 'Device lost.', 'Device lost.']);
  expect([net.runs, asked]).toEqual([[3, 1], 2]);
});

test.each([
  ['nothing but zeros', 0],
  ['values that are not finite', Number.NaN],
])('an answer of %s counts as a failed run', async (what, value) => {
  const net = fakeNet('net', { run: async () => ({ live: Float32Array.of(value) }) });
  const batches = started();
  expect(await batches.finish([batches.run(call(net, 0.5))])).toEqual([`It answered ${what}.`]);
});
