// What `npm run dev:service` runs: the service, restarted when one of its files changes.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const watch = ['--watch-path=service', '--watch-path=sdk/admin', '--watch-preserve-output'];
/** Node's watch mode asks for the names of loaded files by this variable. A thread sends them to its parent among its own messages (nodejs/node#65044). */
const quiet = ['--import', 'data:text/javascript,delete process.env.WATCH_REPORT_DEPENDENCIES'];

// Node would open its inspector, which runs code of any local account as this one.
process.on('SIGUSR1', () => {});
const child = spawn(
  process.execPath,
  [...watch, ...quiet, '--disable-sigusr1', 'service/cli/gatehouse.ts', 'start', ...process.argv.slice(2)],
  { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: 'inherit' },
);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
