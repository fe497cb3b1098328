// Builds the pages of the product into dist/renderer. Without the development dependencies, as after `npm ci --omit=dev`, it says so and succeeds.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runUnderNode24 } from '../bin/node-24.mjs';

const vite = join(import.meta.dirname, '../node_modules/vite/bin/vite.js');
if (existsSync(vite)) {
  process.argv.splice(
    2,
    process.argv.length,
    'build',
    '--config',
    join(import.meta.dirname, 'vite.config.ts'),
    '--logLevel',
    'warn',
  );
  await runUnderNode24(vite);
} else {
  console.log(
    'The console is not built: Vite is a development dependency. "npm ci" without --omit=dev builds it.',
  );
}
