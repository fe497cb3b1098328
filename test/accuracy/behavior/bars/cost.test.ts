import { expect, test } from 'vitest';
import { pageVerdicts } from './cost.ts';

test('the work ahead in idle moments counts beside what listeners take', () => {
  const once = { aheadFirst: { ms: 40, events: 1_000 }, snapshotFirst: 6 };
  const page = { ...once, perThousand: 14, core: 0.001, snapshotP95: 2 };
  expect(pageVerdicts({ ...page, own: 8.7, aheadLater: { ms: 27, events: 1_679 } })).toEqual([
    true,
    false,
    true,
  ]);
  expect(pageVerdicts({ ...page, own: 4, aheadLater: { ms: 5, events: 1_000 } })).toEqual([true, true, true]);
});
