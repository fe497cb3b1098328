// Runs the built desktop shell in Electron, whose own program the package `electron` fetches at its first use.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { electronMissing } from './electron-here.mjs';

const shell = fileURLToPath(new URL('../dist/main/index.js', import.meta.url));

/** @param {string} reason */
function refuse(reason) {
  console.error(electronMissing(reason, 'npm run desktop'));
  process.exitCode = 1;
}

// Node would open its inspector, which runs code of any local account as this one.
process.on('SIGUSR1', () => {});

try {
  const { default: program } = await import('electron');
  const child = spawn(String(program), [shell, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', ({ message }) => refuse(message));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch {
  refuse('its program is not here, and could not be fetched.');
}
