import { expect, test } from 'vitest';
import { operatorName } from './control.ts';

test.each([
  [undefined, 'gatehouse'],
  ['ada', 'gatehouse (sudo ada)'],
  ['gatehouse', 'gatehouse'],
  ['', 'gatehouse'],
  ['ada\r\nx-evil: 1', 'gatehouse'],
])('with SUDO_USER %j the operator is %s', (sudoUser, name) => {
  expect(operatorName(() => 'gatehouse', sudoUser)).toBe(name);
});
