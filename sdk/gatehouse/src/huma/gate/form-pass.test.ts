import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFormPass } from './form-pass.ts';

const form = { isConnected: true } as HTMLFormElement;
const other = { isConnected: true } as HTMLFormElement;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('one submission of that form goes through, during onPass', () => {
  const pass = createFormPass();
  const seen: boolean[] = [];
  expect(pass.take(form)).toBe(false);
  pass.give(form, () => {
    seen.push(pass.take(other), pass.take(form), pass.take(form));
  });
  expect(seen).toEqual([false, true, false]);
});

test('or later: after an await, or after a state update', async () => {
  const pass = createFormPass();
  pass.give(form, () => {});
  await vi.advanceTimersByTimeAsync(9_000);
  expect([pass.take(form), pass.take(form)]).toEqual([true, false]);
  pass.give(form, () => new Promise((resolve) => setTimeout(resolve, 60_000)));
  await vi.advanceTimersByTimeAsync(69_000);
  expect(pass.take(form)).toBe(true);
});

test('not for ever, and not where onPass fails', async () => {
  const pass = createFormPass();
  pass.give(form, () => {});
  await vi.advanceTimersByTimeAsync(10_000);
  expect(pass.take(form)).toBe(false);
  const fail = () => {
    throw new TypeError('a fault');
  };
  expect(() => pass.give(form, fail)).toThrow('a fault');
  expect(pass.take(form)).toBe(false);
});

test('a later pass is not ended by the time of an earlier one', async () => {
  const pass = createFormPass();
  pass.give(form, () => {});
  await vi.advanceTimersByTimeAsync(9_000);
  pass.give(form, () => {});
  await vi.advanceTimersByTimeAsync(9_000);
  expect(pass.take(form)).toBe(true);
});

test('a form that was rendered anew in its place has it too', () => {
  const pass = createFormPass();
  const gone = { isConnected: true } as { isConnected: boolean };
  pass.give(gone as HTMLFormElement, () => {});
  expect(pass.take(form)).toBe(false);
  gone.isConnected = false;
  expect(pass.take(form)).toBe(true);
});
