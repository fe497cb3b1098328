import { ConfigError } from './config.ts';

/** Each writes the memory of the process, with every key and template in it, into a file or to whoever connects. */
const dumping = [
  '--heapsnapshot-signal',
  '--heapsnapshot-near-heap-limit',
  '--inspect',
  '--heap-prof',
  '--abort-on-uncaught-exception',
];

export interface MemoryDumpDeps {
  execArgv?: readonly string[];
  nodeOptions?: string | undefined;
  report?: { excludeEnv?: boolean } | undefined;
}

/**
 * Throws ConfigError when Node was started so that it would write its memory somewhere. Its diagnostic reports hold no memory; what
 * they do hold of the environment (a database URL with its password) is left out.
 */
export function refuseMemoryDumps({
  execArgv = process.execArgv,
  nodeOptions = process.env.NODE_OPTIONS,
  report = process.report,
}: MemoryDumpDeps = {}): void {
  const given = [...execArgv, ...(nodeOptions ?? '').split(/\s+/)];
  const found = given.find((word) =>
    dumping.some((flag) => word === flag || word.startsWith(`${flag}=`) || word.startsWith(`${flag}-`)),
  );
  if (found !== undefined) {
    throw new ConfigError(
      `Node was started with ${found.split('=')[0]}, which lays the memory of the service open, with its keys: leave it away.`,
    );
  }
  if (report) report.excludeEnv = true;
}
