import { expect, test } from 'vitest';
import { createMasterKey } from './master-key.ts';

test('two keys have two ids, and one opens nothing of the other', async () => {
  const [one, two] = [
    createMasterKey(new Uint8Array(32).fill(1)),
    createMasterKey(new Uint8Array(32).fill(2)),
  ];
  expect(one.id).toMatch(/^[0-9a-f]{16}$/);
  expect(one.id).not.toBe(two.id);
  const wrapped = await one.wrap(Uint8Array.of(1), 'bound');
  expect(await one.unwrap(wrapped, 'bound')).toEqual(Buffer.from([1]));
  expect(await one.unwrap(wrapped, 'elsewhere')).toBeUndefined();
  expect(await two.unwrap(wrapped, 'bound')).toBeUndefined();
});

test('a key of another length is a bug', () => {
  expect(() => createMasterKey(new Uint8Array(31))).toThrow('32 bytes, not 31');
});
