import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecent } from './recent.ts';

test('never returns a replaced or deleted value, never holds more than it may', () => {
  const action = fc.record({ does: fc.constantFrom('get', 'set', 'delete'), key: fc.nat(12) });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 10 }), fc.array(action, { maxLength: 200 }), (most, actions) => {
      const recent = createRecent<number, { of: number }>(most);
      const truth = new Map<number, { of: number }>();
      for (const [index, { does, key }] of actions.entries()) {
        if (does === 'set') {
          const value = { of: index };
          recent.set(key, value);
          truth.set(key, value);
          expect(recent.get(key)).toBe(value);
        } else if (does === 'delete') {
          recent.delete(key);
          truth.delete(key);
        } else {
          const value = recent.get(key);
          if (value !== undefined) expect(value).toBe(truth.get(key));
        }
      }
      const held = Array.from({ length: 13 }, (_, key) => recent.get(key)).filter(Boolean);
      expect(held.length).toBeLessThanOrEqual(most);
    }),
  );
});

test('what is used stays, what is not goes', () => {
  const recent = createRecent<string, object>(4);
  const used = {};
  recent.set('used', used);
  for (let index = 0; index < 100; index++) {
    recent.set(`other ${index}`, {});
    expect(recent.get('used')).toBe(used);
  }
  expect(recent.get('other 0')).toBeUndefined();
});
