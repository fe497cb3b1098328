#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { objectionToInstallation } from './installation.mjs';
import { runUnderNode24 } from './node-24.mjs';

const objection = objectionToInstallation(fileURLToPath(new URL('..', import.meta.url)), process);
if (objection === undefined) {
  await runUnderNode24(fileURLToPath(new URL('../service/cli/gatehouse.ts', import.meta.url)));
} else {
  console.error(objection);
  process.exitCode = 1;
}
