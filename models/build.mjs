import { fileURLToPath } from 'node:url';
import { runUnderNode24 } from '../bin/node-24.mjs';

await runUnderNode24(fileURLToPath(new URL('./build.ts', import.meta.url)));
