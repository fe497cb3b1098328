import { expect, test } from 'vitest';
import { isOlderVersion } from './archive-machine.ts';

test('versions are ordered as Semantic Versioning says', () => {
  const order = ['0.1.0', '0.1.1-rc.1', '0.1.1-rc.2', '0.1.1-rc.10', '0.1.1', '0.2.0', '0.10.0', '1.0.0'];
  for (const [at, one] of order.entries())
    for (const [other, two] of order.entries())
      expect([one, two, isOlderVersion(one, two)]).toEqual([one, two, at < other]);
  expect(isOlderVersion('1.0.0+a', '1.0.0+b')).toBe(false);
  expect(() => isOlderVersion('latest', '1.0.0')).toThrow('latest is no version such as 1.2.3.');
});
