import { expect, test } from 'vitest';
import { isGoodPin } from './is-good-pin.ts';

test('a PIN that the box would refuse is refused before it is sent', () => {
  for (const pin of ['480263', '112233', '999990', '123457', '480263480263'])
    expect([pin, isGoodPin(pin)]).toEqual([pin, true]);
  for (const pin of [
    '',
    '48026',
    '4802634802634',
    '111111',
    '123456',
    '789012',
    '987654',
    '48026a',
    ' 480263',
  ])
    expect([pin, isGoodPin(pin)]).toEqual([pin, false]);
});
