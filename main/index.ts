/** The program that Electron runs: `npm run desktop`. The one file that loads it. */
import { dataDirectory } from './data-directory.ts';
import { runShell } from './shell.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

// Node, in Electron too, would open its inspector, which runs code of any local account as this one.
process.on('SIGUSR1', () => {});

if (process.versions.electron === undefined) {
  // Elsewhere the package `electron` would download it.
  process.stderr.write('This is the desktop shell of Gatehouse, which Electron runs: npm run desktop\n');
  process.exitCode = 1;
} else {
  const electron = await import('electron');
  const start = async () => runShell({ electron, data: dataDirectory(process.argv.slice(2)), say });
  // Not awaited: Electron is ready only once this module has ended (electron#40719).
  start().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    electron.app.exit(1);
  });
}
