import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIds } from '../../lib/id.ts';
import { idOf } from './ids.ts';

describe('ids', () => {
  test('as the box makes them are taken', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 47 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (now, random) => {
          const ids = createIds({ now: () => now }, (into) => into.set(random));
          expect(idOf('webhook').parse(ids.next('endpoint'))).toMatch(/^wh_/);
          expect(idOf('delivery').parse(ids.next('delivery'))).toMatch(/^dlv_/);
          expect(idOf('event').parse(ids.next('event'))).toMatch(/^evt_/);
          expect(idOf('alert').parse(ids.next('alert'))).toMatch(/^alr_/);
          expect(idOf('rule').parse(ids.next('alertRule'))).toMatch(/^rule_/);
          expect(idOf('grant').parse(ids.next('grant'))).toMatch(/^grt_/);
          expect(idOf('key').parse(ids.next('key'))).toMatch(/^key_/);
          expect(idOf('person').parse(ids.next('subject'))).toMatch(/^sub_/);
        },
      ),
    );
  });

  test('nothing else is', () => {
    const id = 'wh_01m7w3hb8hbf355he5zqwjztdk';
    const others = [
      `${id}0`,
      `${id}\n`,
      ` ${id}`,
      id.toUpperCase(),
      id.slice(0, -1),
      'wh_',
      '',
      id.replace('wh', 'dlv'),
    ];
    expect(others.filter((text) => idOf('webhook').safeParse(text).success)).toEqual([]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(idOf('webhook').safeParse(text).success).toBe(/^wh_[0-9a-z]{26}$/.test(text));
      }),
    );
  });
});
