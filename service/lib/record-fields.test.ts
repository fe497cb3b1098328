import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { id, inEnv, moment, time } from './record-fields.ts';

test('a time is written in UTC and read as the same moment', () => {
  const at = time('When');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (milliseconds) => {
      const written = z.encode(at, milliseconds);
      expect(written).toBe(new Date(milliseconds).toISOString());
      expect(at.parse(written)).toBe(milliseconds);
    }),
  );
});

test('a time in a request is a moment, whatever zone it was written in', () => {
  expect(moment().parse('2026-11-20T13:00:00+01:00')).toBe(Date.UTC(2026, 10, 20, 12));
  expect(moment().parse('2026-11-20T12:00:00.250Z')).toBe(Date.UTC(2026, 10, 20, 12, 0, 0, 250));
  expect(moment().safeParse('yesterday').error?.issues[0]?.message).toBe(
    'It must be a time such as 2026-11-20T12:00:00Z.',
  );
});

test('a record drops on the wire what its schema does not have', () => {
  const Thing = z.object({ id: id<'site'>(), env: z.string(), madeAt: time('When').optional() });
  const found = { id: 'site_1' as never, world: 'live' as const, organization: 'org_1', secret: 'hush' };
  expect(z.encode(Thing, inEnv(found))).toEqual({ id: 'site_1', env: 'live' });
});
