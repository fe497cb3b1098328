import fc from 'fast-check';
import { expect, test } from 'vitest';
import { needlesOf } from './proof.ts';

const kindsIn = (hay: Uint8Array, needles: ReturnType<typeof needlesOf>['needles']) =>
  new Set(
    needles.filter(({ bytes }) => Buffer.from(hay).includes(Buffer.from(bytes))).map(({ kind }) => kind),
  );

test('a template is found as floats and as base64, however it is aligned and spelled', () => {
  const vector = fc
    .array(fc.float({ min: -1, max: 1, noNaN: true, noDefaultInfinity: true }), {
      minLength: 32,
      maxLength: 128,
    })
    .map((floats) => new Uint8Array(Float32Array.from(floats).buffer))
    .filter((bytes) => new Set(bytes).size > 40);
  fc.assert(
    fc.property(
      vector,
      fc.uint8Array({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 5 }),
      (bytes, before, after) => {
        const { needles } = needlesOf({ patterns: [{ kind: 'template', bytes }] });
        const around = Buffer.concat([before, bytes, after]);
        expect(kindsIn(around, needles)).toContain('template as floats');
        for (const encoding of ['base64', 'base64url'] as const) {
          expect(kindsIn(Buffer.from(around.toString(encoding)), needles)).toContain('template as base64');
        }
        // A page that holds only the end of it.
        expect(kindsIn(bytes.subarray(bytes.length - 24), needles)).toContain('template as floats');
      },
    ),
  );
});

test('address, name and mark are found as they are and as base64', () => {
  const { needles, tooShort } = needlesOf({
    email: 'Ada@Example.com',
    name: 'Ada Lovelace',
    patterns: [{ kind: 'picture mark', bytes: Buffer.from('ab'.repeat(32)) }],
  });
  expect(tooShort).toEqual([]);
  const json = JSON.stringify({ email: 'ada@example.com', to: 'Ada@Example.com', name: 'Ada Lovelace' });
  expect(kindsIn(Buffer.from(json), needles)).toEqual(new Set(['e-mail', 'name']));
  expect(kindsIn(Buffer.from(Buffer.from(json).toString('base64')), needles)).toEqual(
    new Set(['e-mail as base64', 'name as base64']),
  );
  expect(kindsIn(Buffer.from('ab'.repeat(40)), needles)).toEqual(new Set(['picture mark']));
  expect(kindsIn(Buffer.from('bea@example.com Bea'), needles)).toEqual(new Set());
});

test('values too short to be unique are named, not searched for', () => {
  const { needles, tooShort } = needlesOf({
    email: 'ada@example.com',
    name: 'Ada',
    patterns: [],
  });
  expect(tooShort).toEqual(['name']);
  expect(needles.every(({ kind }) => kind.startsWith('e-mail'))).toBe(true);
});
