import { afterEach, expect, test, vi } from 'vitest';
import { callBack } from './call-back.ts';

const thrown: unknown[] = [];
afterEach(() => {
  vi.unstubAllGlobals();
  thrown.length = 0;
});

test('what a function of the application throws is reported as an uncaught error of the page', () => {
  vi.stubGlobal('reportError', (error: unknown) => thrown.push(error));
  const fault = new TypeError('a fault of the application');
  callBack((what: string) => {
    throw [fault, what];
  }, 'given');
  expect(thrown).toEqual([[fault, 'given']]);
  callBack(undefined);
});

test('where there is no reportError, it is thrown later', async () => {
  vi.stubGlobal('reportError', undefined);
  vi.stubGlobal('queueMicrotask', (task: () => void) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  callBack(() => {
    throw new TypeError('a fault');
  });
  expect(thrown).toEqual([new TypeError('a fault')]);
});
