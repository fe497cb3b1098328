// Runs `electron-vite build`: the pages of the product into dist/renderer, the program of the desktop app into dist/main. Without the
// development dependencies, as after `npm ci --omit=dev`, it says so and succeeds.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runUnderNode24 } from '../bin/node-24.mjs';

const root = join(import.meta.dirname, '..');
const electronVite = join(root, 'node_modules/electron-vite/bin/electron-vite.js');
if (existsSync(electronVite)) {
  process.chdir(root); // where it looks for package.json and its configuration
  process.argv.splice(2, process.argv.length, 'build', '--ignoreConfigWarning', '--logLevel', 'warn');
  await runUnderNode24(electronVite);
} else {
  console.log(
    'The console is not built: electron-vite is a development dependency. "npm ci" without --omit=dev builds it.',
  );
}
