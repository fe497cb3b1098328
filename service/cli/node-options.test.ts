import { expect, test } from 'vitest';
import { objectionToNodeOptions } from './node-options.ts';

const safe = '--disable-sigusr1';
const objection = (execArgv: readonly string[], nodeOptions?: string, inspector?: string) =>
  objectionToNodeOptions({ execArgv, nodeOptions, inspector });

test.each([
  ['--heapsnapshot-signal=SIGUSR2', '--heapsnapshot-signal'],
  ['--heapsnapshot_signal=SIGUSR2', '--heapsnapshot-signal'],
  ['--heapsnapshot-near-heap-limit=3', '--heapsnapshot-near-heap-limit'],
  ['-heap-snapshot-on-oom', '--heap-snapshot-on-oom'],
  ['--heap_snapshot_on_gc=1', '--heap-snapshot-on-gc'],
  ['--inspect', '--inspect'],
  ['--inspect-brk=127.0.0.1:9229', '--inspect'],
  ['--inspect_wait', '--inspect'],
  ['--debug_port=0', '--debug-port'],
  ['--heap-prof', '--heap-prof'],
  ['--heap_prof_dir=/tmp', '--heap-prof'],
  ['--build-snapshot', '--build-snapshot'],
  ['--abort-on-uncaught-exception', '--abort-on-uncaught-exception'],
  ['--abort_on_uncaught_exception', '--abort-on-uncaught-exception'],
  ['--experimental-default-config-file', '--experimental-default-config-file'],
  ['--experimental_config_file=node.config.json', '--experimental-config-file'],
])('%s is refused by its name, on the command line and in NODE_OPTIONS', (flag, name) => {
  expect(objection([safe, flag])).toContain(`with ${name},`);
  expect(objection([safe], `--no-warnings ${flag}`)).toContain(`with ${name},`);
  expect(objection([safe], `"${flag}"`)).toContain(`with ${name},`);
});

test('an inspector that listens already is refused, however it was opened', () => {
  expect(objection([safe], undefined, 'ws://127.0.0.1:9229/1')).toContain('--inspect');
});

test.each([
  [[], undefined],
  [[safe, '--no-disable-sigusr1'], undefined],
  [['--no-disable_sigusr1'], safe],
  [['--max-old-space-size=4096'], '--no-warnings'],
])(
  '%j with NODE_OPTIONS %j: a SIGUSR1 would open the inspector, so it is refused with the way out',
  (execArgv, nodeOptions) => {
    expect(objection(execArgv, nodeOptions)).toContain('npm run gatehouse');
  },
);

test.each([
  [[safe], undefined],
  [['--disable_sigusr1'], undefined],
  [[], safe],
  [[safe], '--no-disable-sigusr1'],
  [[safe, '--report-on-fatalerror', '--heap-profiler-trace-objects'], '--max-old-space-size=4096'],
])('%j with NODE_OPTIONS %j is allowed', (execArgv, nodeOptions) => {
  expect(objection(execArgv, nodeOptions)).toBeUndefined();
});
