// Plain JavaScript: this is what runs on a Node.js too old for the rest, and tells what to do.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const oldest = 24;
const brought = fileURLToPath(
  new URL(`../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`, import.meta.url),
);

/**
 * Runs a TypeScript file of ours: in this process where it is new enough, else under the Node.js that `npm install`
 * brought along. Signals reach it, and its exit code becomes ours.
 * @param {string} script absolute path
 */
export async function runUnderNode24(script) {
  if (Number.parseInt(process.versions.node, 10) >= oldest) {
    process.argv[1] = script;
    await import(pathToFileURL(script).href);
    return;
  }
  if (!existsSync(brought)) {
    console.error(
      `Gatehouse needs Node.js ${oldest} or newer; this is ${process.versions.node}. ` +
        'Run "npm install" with development dependencies and install scripts: it brings Node.js 24 along.',
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(brought, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 1);
  });
}
