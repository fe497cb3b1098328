import { afterEach, expect, test, vi } from 'vitest';
import { startBox, startEmptyBox } from './running-box.ts';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['an empty box', () => startEmptyBox()],
  ['a box', () => startBox('Museum')],
])('%s starts whatever settings the tests have', async (_, start) => {
  vi.stubEnv('GATEHOUSE_ATTACKS', 'full');
  const box = await start();
  expect(box.data).toMatch(/gatehouse-/);
  await box.stop();
});
