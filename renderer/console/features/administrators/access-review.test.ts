import { expect, test } from 'vitest';
import { toAccessReview } from './access-review.ts';
import { matches, stateOf } from './administrator-state.ts';

const ada = {
  id: 'adm_1',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'owner' as const,
  applianceOwner: true,
  createdAt: '2026-11-01T09:00:00.000Z',
  lastSignInAt: '2026-11-20T09:00:00.000Z',
  passkeys: 2,
  recoveryCodes: 8,
};

test('the access review has a line for each account, and no formula', () => {
  const mallory = {
    ...ada,
    id: 'adm_2',
    name: '=HYPERLINK("x","y")',
    email: 'm;=1+1@example.com',
    lastSignInAt: undefined,
    disabledAt: '2026-11-21T09:00:00.000Z',
  };
  expect(toAccessReview([ada, mallory]).split('\r\n')).toEqual([
    'id,name,email,role,appliance_owner,state,last_sign_in,created,disabled,passkeys,recovery_codes,factor_due',
    'adm_1,Ada,ada@example.com,owner,true,enabled,2026-11-20T09:00:00.000Z,2026-11-01T09:00:00.000Z,,2,8,',
    `adm_2,"'=HYPERLINK(""x"",""y"")","m;'=1+1@example.com",owner,true,disabled,never,2026-11-01T09:00:00.000Z,2026-11-21T09:00:00.000Z,2,8,`,
    '',
  ]);
});

test.each([
  ['active', {}],
  ['no-factor', { passkeys: 0 }],
  ['invited', { lastSignInAt: undefined, passkeys: 0 }],
  ['disabled', { disabledAt: '2026-11-21T09:00:00.000Z', passkeys: 0 }],
  ['altered', { altered: true as const, disabledAt: '2026-11-21T09:00:00.000Z' }],
])('an account that is %s', (state, change) => {
  expect(stateOf({ ...ada, ...change })).toBe(state);
});

test('filters', () => {
  expect(matches(ada, {})).toBe(true);
  expect(matches(ada, { role: 'auditor' })).toBe(false);
  expect(matches(ada, { find: 'ADA@' })).toBe(true);
  expect(matches(ada, { find: 'grace' })).toBe(false);
  expect(matches(ada, { state: 'no-factor' })).toBe(false);
  expect(matches({ ...ada, passkeys: 0 }, { state: 'no-factor' })).toBe(true);
  expect(matches({ ...ada, lastSignInAt: undefined }, { state: 'never' })).toBe(true);
});
