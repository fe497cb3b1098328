// What `npm run dev` runs: the desktop app by `electron-vite dev`, and the service, each restarted when a file of its own changes.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dataDirectory } from '../main/data-directory.ts';
import { electronHere, electronMissing } from './electron-here.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const electron = electronHere(root, process);

if (electron === undefined) {
  console.error(
    `${electronMissing('its program is not here, or no desktop to show windows on.', 'npm run dev')}\n` +
      'Without it: "npm run dev:service" restarts the service when a file changes, and "npm run dev:console" shows the pages in a browser.',
  );
  process.exitCode = 1;
} else {
  // Node would open its inspector, which runs code of any local account as this one.
  process.on('SIGUSR1', () => {});
  // Read by electron-vite, by the development server of the pages, and by the service.
  const env = { ...process.env, ELECTRON_EXEC_PATH: electron, GATEHOUSE_DATA: dataDirectory(words) };
  /** @param {string[]} program */
  const run = (...program) =>
    spawn(process.execPath, ['--disable-sigusr1', ...program], { cwd: root, env, stdio: 'inherit' });

  const isElsewhere = words.some((word) => /^--attach\b/.test(word));
  const service = isElsewhere ? undefined : run('bin/dev-service.mjs');
  const app = run(
    ...['node_modules/electron-vite/bin/electron-vite.js', 'dev', '--watch', '--ignoreConfigWarning'],
    ...['--entry', 'dist/main/index.js', '--', ...words],
  );
  let isAskedToEnd = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      isAskedToEnd = true;
      app.kill(signal);
    });
  }
  app.on('exit', (code) => {
    // Of an end that was asked for, electron-vite and Vite each report their own code (0 or 143), whichever is first.
    process.exitCode = isAskedToEnd ? 0 : (code ?? 1);
    service?.kill();
  });
}
