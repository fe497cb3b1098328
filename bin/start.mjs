// What `npm start` runs: the desktop app where Electron's program and a desktop are here, else the service in the terminal.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { electronHere } from './electron-here.mjs';
import { objectionToInstallation } from './installation.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
/** Settings of the service are for the terminal: the app takes the data directory alone. */
const isForApp = words.length === 0 || (words[0]?.startsWith('--data') && words.length <= 2);

if (isForApp && objectionToInstallation(root, process) === undefined && electronHere(root, process)) {
  // Node would open its inspector, which runs code of any local account as this one.
  process.on('SIGUSR1', () => {});
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const built = spawnSync(npm, ['run', '--silent', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (built.status === 0) await import('./desktop.mjs');
  else process.exitCode = built.status ?? 1;
} else {
  process.argv.splice(2, 0, 'start');
  await import('./gatehouse.mjs');
}
