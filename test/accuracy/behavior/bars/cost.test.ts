import { expect, test } from 'vitest';
import { pageVerdicts } from './cost.ts';

test('the work ahead in idle moments counts beside what listeners take', () => {
  const page = { perThousand: 14, core: 0.001, snapshotP95: 2, snapshotFirst: 6 };
  expect(pageVerdicts({ ...page, own: 8.7, aheadMs: 27, aheadEvents: 1_679 })).toEqual([true, false, true]);
  expect(pageVerdicts({ ...page, own: 4, aheadMs: 5, aheadEvents: 1_000 })).toEqual([true, true, true]);
});
