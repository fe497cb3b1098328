import { expect, test } from 'vitest';
import { createConnection } from './connection.ts';

test('a call goes to what it was connected to', () => {
  const { call, connect } = createConnection<(one: number, other: number) => number>('sum');
  connect((one, other) => one + other);
  expect(call(1, 2)).toBe(3);
});

test('before that, and a second time, it fails with its name', () => {
  const { call, connect } = createConnection<() => void>('sum');
  expect(call).toThrow('sum was called before it was connected');
  connect(() => {});
  expect(() => connect(() => {})).toThrow('sum was connected twice');
});
