import { expect, test } from 'vitest';
import { findImpatientWaits } from './impatient-waits.ts';

test('a wait of a second, and a time of its own that is none more than every test has, are found', () => {
  const found = (line: string) => findImpatientWaits('a.test.ts', `test('a', () => {\n${line}\n`);
  expect(found('  await vi.waitFor(() => expect(seen).toBe(true));')).toEqual([
    expect.stringContaining('a.test.ts:2 waits for a second at most'),
  ]);
  expect(found('  await vi.waitUntil(() => {')).toHaveLength(1);
  expect(found('  await vi.waitUntil(ended, { timeout: 300_000 });')).toEqual([]);
  expect(found('}, 20_000);')).toEqual([expect.stringContaining('a.test.ts:2 has no more time')]);
  expect(found('}, 300_000);')).toHaveLength(1);
  for (const line of ['}, 600_000);', '  }, 0);', '  await expect.poll(ended).toBe(true);'])
    expect(found(line), line).toEqual([]);
});
