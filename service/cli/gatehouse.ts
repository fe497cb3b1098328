#!/usr/bin/env node
import { refuseOldNode } from './node-version.ts';

// Files are read, and names looked up, by these threads: of the usual four, four names whose servers do not answer take all.
process.env.UV_THREADPOOL_SIZE ??= '32';

// Nothing native may load before this: better-sqlite3 crashes under an older Node instead of saying so.
const refusal = refuseOldNode(process.versions.node);
if (refusal === undefined) {
  const { runProgram } = await import('./program.ts');
  process.exitCode = await runProgram(process.argv.slice(2));
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
