// What several nodes have to show, at full size: `npm run test:cluster [-- --rounds 10000 --newcomers 1000 --only failover]`.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    /** People who are enrolled at one node and erased at another. */
    rounds: { type: 'string', default: '300' },
    /** People who come to three nodes at one moment. */
    newcomers: { type: 'string', default: '100' },
    /** A part of the name of a file. */
    only: { type: 'string', default: '' },
  },
});

const files = [
  'test/cluster/kill.test.ts',
  'test/cluster/failover.test.ts',
  'test/cluster/cut-off.test.ts',
  'test/cluster/rolling.test.ts',
  'test/cluster/gallery.databases.test.ts',
  'test/cluster/decisions.databases.test.ts',
  'test/audit/several-writers.databases.test.ts',
].filter((file) => file.includes(values.only));

/** One at a time: each has the whole machine. */
let failed = 0;
for (const file of files) {
  const { status } = spawnSync('vitest', ['run', file], {
    stdio: 'inherit',
    env: {
      ...process.env,
      GATEHOUSE_CLUSTER: 'full',
      GATEHOUSE_ROUNDS: values.rounds,
      GATEHOUSE_NEWCOMERS: values.newcomers,
    },
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
