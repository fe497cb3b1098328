import { expect, test } from 'vitest';
import { createNative, createNativeGate, retire, waitUntilOut } from './native-gate.ts';

const never = Symbol('never');
const settled = (promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(never))))]);

test('passes values and errors through, and lets the pool terminate a thread that is out', async () => {
  const gate = createNativeGate();
  const native = createNative(gate, () => expect.unreachable());
  expect(await native(async () => 7)).toBe(7);
  await expect(native(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(gate[0]).toBe(0);
  expect(retire(gate)).toBe(true);
});

test('a retired thread does not enter native code again', async () => {
  const gate = createNativeGate();
  const native = createNative(gate, () => expect.unreachable());
  retire(gate);
  let entered = false;
  const again = native(async () => {
    entered = true;
  });
  expect(await settled(again)).toBe(never);
  expect(entered).toBe(false);
});

test('retired while inside, it may not be terminated and leaves when the last one comes out', async () => {
  const gate = createNativeGate();
  let left = 0;
  const native = createNative(gate, () => left++);
  const [one, two] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const works = [native(() => one.promise), native(() => two.promise)];
  expect(retire(gate)).toBe(false);
  expect(waitUntilOut(gate, 1)).toBe(false);
  one.resolve(1);
  expect(await settled(works[0]!)).toBe(1);
  expect(left).toBe(0);
  two.resolve(2);
  expect(await settled(works[1]!)).toBe(never);
  expect(left).toBe(1);
  expect(waitUntilOut(gate, 1)).toBe(true);
});
