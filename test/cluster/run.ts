// What several nodes have to show, at full size, with a table of what was found: `npm run test:cluster [-- --help]`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readReport, reportTo } from './report.ts';

const options = {
  kills: { type: 'string', default: '50', of: 'kills of one of three nodes' },
  failovers: { type: 'string', default: '10', of: 'kills of the primary of PostgreSQL under Patroni' },
  rounds: {
    type: 'string',
    default: '1700',
    of: 'people who are enrolled at one node and erased at another, with six searches each',
  },
  newcomers: { type: 'string', default: '1000', of: 'people who come to three nodes at one moment' },
  only: { type: 'string', default: '', of: 'files that have this in their name' },
  help: { type: 'boolean', default: false, of: 'this text' },
} as const;

const files = [
  'test/cluster/kill.test.ts',
  'test/cluster/rolling.test.ts',
  'test/cluster/failover.test.ts',
  'test/cluster/cut-off.test.ts',
  'test/cluster/gallery.databases.test.ts',
  'test/cluster/decisions.databases.test.ts',
  'test/audit/several-writers.databases.test.ts',
];

const { values } = parseArgs({ options });
if (values.help) {
  const lines = Object.entries(options).map(
    ([name, { of, default: given }]) => `  --${name.padEnd(10)} ${of}${given ? ` (${given})` : ''}`,
  );
  process.stdout.write(`npm run test:cluster -- [options]\n\n${lines.join('\n')}\n\nFiles:\n  ${files.join('\n  ')}
\nEnds with 1 where something was lost, doubled or not shown. A time that is longer than its goal is said, and no failure.\n`);
  process.exit();
}

interface Outcome {
  file: string;
  status: number | null;
  minutes: number;
  figures: ReturnType<typeof readReport>;
}
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cluster-'));

async function run(file: string): Promise<Outcome> {
  const began = performance.now();
  const report = join(folder, file.replaceAll('/', '-'));
  const child = spawn('vitest', ['run', file], {
    stdio: 'inherit',
    env: {
      ...process.env,
      GATEHOUSE_CLUSTER: 'full',
      GATEHOUSE_KILLS: values.kills,
      GATEHOUSE_FAILOVERS: values.failovers,
      GATEHOUSE_ROUNDS: values.rounds,
      GATEHOUSE_NEWCOMERS: values.newcomers,
      ...reportTo(report),
    },
  });
  const [status] = await once(child, 'exit');
  return { file, status, minutes: (performance.now() - began) / 60_000, figures: readReport(report) };
}

/** One at a time: each has the whole machine. */
const outcomes: Outcome[] = [];
for (const file of files.filter((name) => name.includes(values.only))) outcomes.push(await run(file));
rmSync(folder, { recursive: true });

const rows: string[][] = [];
for (const { file, status, minutes, figures } of outcomes) {
  for (const { what, found, inTime } of figures)
    rows.push([inTime === undefined ? 'right' : inTime ? 'in time' : 'TOO LONG', what, found]);
  // A file whose tests are skipped passes.
  const shown = status !== 0 ? 'FAILED' : figures.length === 0 ? 'NOT SHOWN' : 'done';
  rows.push([shown, file, `${minutes.toFixed(1)} min`]);
}
const minutes = outcomes.reduce((sum, one) => sum + one.minutes, 0);
rows.push([minutes < 20 ? 'in time' : 'TOO LONG', 'all of it: within 20 min', `${minutes.toFixed(1)} min`]);
const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
const table = rows.map(
  ([is = '', what = '', found]) => `${is.padEnd(width(0))}  ${what.padEnd(width(1))}  ${found}`,
);
process.stdout.write(`\n${table.join('\n')}\n`);
if (outcomes.length === 0 || outcomes.some(({ status, figures }) => status !== 0 || figures.length === 0))
  process.exitCode = 1;
