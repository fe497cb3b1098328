import { expect, test } from 'vitest';
import { refuseMemoryDumps } from './memory-dumps.ts';

test.each([
  ['--heapsnapshot-signal=SIGUSR2'],
  ['--heapsnapshot-near-heap-limit=3'],
  ['--inspect'],
  ['--inspect-brk=127.0.0.1:9229'],
  ['--heap-prof'],
  ['--abort-on-uncaught-exception'],
])('%s: refused by its name, on the command line and in NODE_OPTIONS', (flag) => {
  const name = flag.split('=')[0]!;
  expect(() => refuseMemoryDumps({ execArgv: [flag], nodeOptions: undefined })).toThrow(name);
  expect(() => refuseMemoryDumps({ execArgv: [], nodeOptions: `--no-warnings ${flag}` })).toThrow(name);
});

test('reports are allowed, without the environment', () => {
  const report = { excludeEnv: false };
  refuseMemoryDumps({
    execArgv: ['--report-on-fatalerror'],
    nodeOptions: '--max-old-space-size=4096',
    report,
  });
  expect(report).toEqual({ excludeEnv: true });
});
