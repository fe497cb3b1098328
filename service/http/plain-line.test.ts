import { expect, test } from 'vitest';
import { createStructuredLog, isTrouble, plainLine, requestLine } from './structured-log.ts';

test('a warning and an error are one plain sentence each', () => {
  const lines: string[] = [];
  const log = createStructuredLog({
    clock: { now: () => 0 },
    level: 'warn',
    write: (line) => void lines.push(plainLine(line)),
  });
  log.warn({ host: '0.0.0.0' }, 'Listening on 0.0.0.0 WITHOUT ENCRYPTION.');
  log.error(
    { requestId: 'req_1', err: new Error('disk I/O error\n  at page 7', { cause: new Error('deeper') }) },
    'the state of the appliance cannot be read',
  );
  expect(lines).toEqual([
    'Warning: Listening on 0.0.0.0 WITHOUT ENCRYPTION.',
    'Error: The state of the appliance cannot be read: disk I/O error at page 7 (req_1)',
  ]);
});

test('a request of the network is one line without its query, its parameters or its caller', () => {
  const line = (fields: object, msg = 'request') => JSON.stringify({ level: 'info', msg, ...fields });
  const request = { method: 'GET', route: '/api/admin/keys/:id', status: 200, milliseconds: 12.3 };
  const caller = { address: '10.0.0.7', key: 'key_1', organization: 'org_1' };
  expect(requestLine(line({ ...request, ...caller }))).toBe('GET /api/admin/keys/:id 200 12.3 ms');
  expect(requestLine(line({ ...request, ...caller, route: 'unmatched', status: 404 }))).toBe(
    'GET (no such path) 404 12.3 ms',
  );
  expect(requestLine(line(request))).toBeUndefined();
  expect(requestLine(line(caller, 'the service listens'))).toBeUndefined();
  expect([
    isTrouble(line({})),
    isTrouble(line({ level: 'warn' })),
    isTrouble(line({ level: 'error' })),
  ]).toEqual([false, true, true]);
});
