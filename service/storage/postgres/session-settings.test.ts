import { expect, test } from 'vitest';
import { connectTimeoutOf } from './session-settings.ts';

test.each([
  ['postgresql://box@db/people', 5_000],
  ['postgresql://box@db/people?connect_timeout=60', 60_000],
  ['postgresql://box@%2Frun%2Fpostgresql/people?sslmode=require&connect_timeout=2&x=1', 2_000],
  ['postgresql://box@db/people?connect_timeout=0', 5_000],
  ['postgresql://box@db/people?connect_timeout=soon', 5_000],
  ['postgresql://box:connect_timeout=9@db/people', 5_000],
])('%s', (url, milliseconds) => {
  expect(connectTimeoutOf(url)).toBe(milliseconds);
});
