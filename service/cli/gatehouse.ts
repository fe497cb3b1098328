#!/usr/bin/env node
import { url } from 'node:inspector';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { lowerThisThread } from '../lib/machine/thread-priority.ts';
import { switchTelemetryOff } from '../lib/native-telemetry.ts';
import { compileCacheFolder } from './compile-cache.ts';
import { objectionToNodeOptions } from './node-options.ts';
import { refuseOldNode } from './node-version.ts';
import { explainImportFailure } from './subject/import-failure.ts';

// Files are read, and names looked up, by these threads: of the usual four, four names whose servers do not answer take all.
process.env.UV_THREADPOOL_SIZE ??= '32';
switchTelemetryOff();
// A diagnostic report holds no memory, but with the environment it would hold a database URL with its password.
if (process.report) process.report.excludeEnv = true;

// Nothing native may load before this: better-sqlite3 crashes under an older Node instead of saying so.
const refusal =
  refuseOldNode(process.versions.node) ??
  objectionToNodeOptions({
    execArgv: process.execArgv,
    nodeOptions: process.env.NODE_OPTIONS,
    inspector: url(),
  });
if (refusal === undefined) {
  compileOnce(process.argv[2]);
  // People are answered in the processes of these; other commands give way to a service on the same cores.
  if (!process.argv.some((word) => ['serve', 'start', 'update'].includes(word))) lowerThisThread('soon');
  // Of a failed start the sentence comes after everything is closed: nothing that is waited for meanwhile may end the process without it.
  const running = setInterval(() => {}, 60_000);
  process.exitCode = await run().finally(() => clearInterval(running));
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}

/** Not for a service: it writes only to configured places, and starts rarely. */
function compileOnce(command: string | undefined): void {
  if (command === 'serve' || command === 'start') return;
  const folder = compileCacheFolder(fileURLToPath(new URL('../../node_modules', import.meta.url)));
  if (folder !== undefined) enableCompileCache(folder);
}

async function run(): Promise<number> {
  try {
    const { runProgram } = await import('./program.ts');
    return await runProgram(process.argv.slice(2));
  } catch (error) {
    const explanation = explainImportFailure(error);
    if (explanation === undefined) throw error;
    process.stderr.write(`${explanation}\n`);
    return 1;
  }
}
