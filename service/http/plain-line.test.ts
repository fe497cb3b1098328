import { expect, test } from 'vitest';
import { plainLine } from './plain-line.ts';
import { createStructuredLog } from './structured-log.ts';

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
    'the state of the appliance cannot be told',
  );
  expect(lines).toEqual([
    'Warning: Listening on 0.0.0.0 WITHOUT ENCRYPTION.',
    'Error: The state of the appliance cannot be told: disk I/O error at page 7 (req_1)',
  ]);
});
