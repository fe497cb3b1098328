import { afterEach, expect, test, vi } from 'vitest';
import { createControl, operatorName, type Transport } from './control.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a call that takes long says so every ten seconds until its answer', async () => {
  vi.useFakeTimers();
  const { promise, resolve } = Promise.withResolvers<Response>();
  const transport: Transport = { via: 'service', fetch: () => promise, close: async () => {} };
  const lines: string[] = [];
  const call = createControl(transport, (line) => lines.push(line)).admin.GET('/api/admin/organization');
  await vi.advanceTimersByTimeAsync(25_000);
  const leave = 'Ctrl-C leaves the service to finish.';
  expect(lines).toEqual([`Still at work after 10 s. ${leave}`, `Still at work after 20 s. ${leave}`]);
  resolve(Response.json({}));
  await call;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toHaveLength(2);
});

test.each([
  [undefined, 'gatehouse'],
  ['ada', 'gatehouse (sudo ada)'],
  ['gatehouse', 'gatehouse'],
  ['', 'gatehouse'],
  ['ada\r\nx-evil: 1', 'gatehouse'],
])('with SUDO_USER %j the operator is %s', (sudoUser, name) => {
  expect(operatorName(() => 'gatehouse', sudoUser)).toBe(name);
});
