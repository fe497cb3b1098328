#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runUnderNode24 } from './node-24.mjs';

await runUnderNode24(fileURLToPath(new URL('../service/cli/gatehouse.ts', import.meta.url)));
