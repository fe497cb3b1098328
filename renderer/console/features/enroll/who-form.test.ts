import { expect, test } from 'vitest';
import { toOrder } from './who-form.tsx';

const values = {
  email: 'ada@example.org',
  name: '',
  own: false,
  textVersion: '4',
  method: 'signed form',
  legalBasis: 'explicit consent',
  purposes: ['verification' as const],
};

test('consent goes along only where it was recorded, a name only where there is one', () => {
  expect(toOrder(values)).toEqual({ email: 'ada@example.org' });
  expect(toOrder({ ...values, own: true, name: 'Ada' })).toEqual({
    email: 'ada@example.org',
    name: 'Ada',
    consent: {
      textVersion: '4',
      method: 'signed form',
      legalBasis: 'explicit consent',
      purposes: ['verification'],
    },
  });
});
