// Plain JavaScript: runs on a Node.js too old for the rest, and says what to do.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const oldest = 24;
const brought = fileURLToPath(
  new URL(`../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`, import.meta.url),
);

/** Without it a SIGUSR1 opens Node's inspector, and with it the memory of the process, to every local account. */
const safe = '--disable-sigusr1';

/**
 * The code of Node in large pages: under load a service needs 4 % less of its core. It takes some 50 MB and a tenth of a second, so other
 * commands go without. Where the system does not offer such pages, nothing changes.
 */
const largePages = '--use-largepages=silent';

/**
 * V8's memory reducer goes through the whole heap 100 s after the last time, whatever the load, only to give memory back: meanwhile requests
 * on a busy core wait for 100 to 300 ms. It is there from the start of V8, so it can be left out here alone.
 */
const noReducer = '--no-memory-reducer';

/**
 * What Node is started with for this command.
 * @param {readonly string[]} words of the command line, without the program
 * @returns {string[]}
 */
export const optionsFor = (words) =>
  words.includes('serve') || words.includes('start') ? [safe, largePages, noReducer] : [safe];

/**
 * Runs a TypeScript file of ours with `--disable-sigusr1`: in place of this process where its Node.js is new enough, else under the
 * Node.js that `npm install` brought along. Signals reach it, and its exit code becomes ours.
 * @param {string} script absolute path
 */
export async function runUnderNode24(script) {
  const enough = Number.parseInt(process.versions.node, 10) >= oldest;
  if (!enough && !existsSync(brought)) {
    refuse(
      `Gatehouse needs Node.js ${oldest} or newer; this is ${process.versions.node}. ` +
        'Run "npm install" with install scripts allowed (without --ignore-scripts): it installs Node.js 24.',
    );
    return;
  }
  const program = enough ? process.execPath : brought;
  const given = process.argv.slice(2);
  const words = [...(enough ? process.execArgv : []), ...optionsFor(given), script, ...given];
  if (enough && process.execve !== undefined && process.platform !== 'win32') {
    process.execve(program, [program, ...words]);
  }
  process.on('SIGUSR1', () => {}); // this one's inspector too: it runs as the same account
  const child = spawn(program, words, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', ({ message }) =>
    refuse(
      `${program} does not run on this ${process.platform} ${process.arch} (${message}). ` +
        'Remove the folder node_modules and run "npm install" on this machine.',
    ),
  );
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 1);
  });
}

/** @param {string} reason */
function refuse(reason) {
  console.error(reason);
  process.exitCode = 1;
}
