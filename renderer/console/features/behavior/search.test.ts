import { expect, test } from 'vitest';
import { BehaviorSearch } from './search.ts';

test.each([
  [false, 'false'],
  [true, 'true'],
  ['false', 'false'],
  ['maybe', undefined],
  [undefined, undefined],
])('the filter by verdict %j of an address is %j', (human, expected) => {
  expect(BehaviorSearch.parse({ human }).human).toBe(expected);
});
