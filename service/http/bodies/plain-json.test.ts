import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePlainJson } from './plain-json.ts';

const limits = { depth: 32, tokens: 20_000 };
const read = (text: string, allowed = limits) => parsePlainJson(Buffer.from(text), allowed);

test('gives what JSON.parse gives, or leaves the body to the whole inspection', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      const plain = read(text);
      if (plain) expect(plain.value).toEqual(JSON.parse(text));
      else expect(text).toMatch(/\\|__proto__|prototype|[-\d]{33}/);
    }),
    { numRuns: 1_000 },
  );
});

test('a name that comes twice in any object is left to it', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });
  const objectOf = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .tuple(names, fc.array(value, { minLength: 4, maxLength: 4 }))
      .map(([list, values]) => `{${list.map((name, i) => `"${name}":${values[i]}`).join()}}`);
  const one = fc.constant('1');
  const object = objectOf(fc.oneof(one, objectOf(fc.oneof(one, objectOf(one)))));
  const isTwice = (text: string): boolean => {
    let names = 0;
    JSON.parse(text, (name, value) => {
      if (name !== '') names++;
      return value;
    });
    return names < text.split(':').length - 1;
  };
  fc.assert(
    fc.property(object, (text) => {
      expect(read(text) === undefined).toBe(isTwice(text));
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['an escape', '{"a":"\\u0041"}'],
  ['__proto__', '{"__proto__":1}'],
  ['a name that prototypes have', '{"constructor":{"prototype":1}}'],
  ['a number out of range', '[1e309]'],
  ['a number of many digits', `[${'1'.repeat(40)}]`],
  ['what is nested too deep', '['.repeat(33) + ']'.repeat(33)],
  ['what is no JSON', '{"a":}'],
  ['a large body', JSON.stringify('a'.repeat(17_000))],
])('%s is left to it', (_, text) => {
  expect(read(text)).toBeUndefined();
});

test('so is a body of more values than are allowed', () => {
  expect(read('[1,2,3]', { ...limits, tokens: 6 })).toEqual({ value: [1, 2, 3] });
  expect(read('[1,2,3]', { ...limits, tokens: 5 })).toBeUndefined();
});
