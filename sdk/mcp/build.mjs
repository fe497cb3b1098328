// Writes `dist/index.js`: the server and all that it needs in one file, which runs without a node_modules.
// `node sdk/mcp/build.mjs [FOLDER]`: into another folder than the package's own.
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const here = import.meta.dirname;
const [folder] = process.argv.slice(2);
const dist = join(folder === undefined ? here : resolve(folder), 'dist');

rmSync(dist, { recursive: true, force: true });
await build({
  configFile: false,
  root: here,
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: {
    ssr: 'src/index.ts',
    outDir: dist,
    emptyOutDir: false,
    target: 'node20',
    rollupOptions: { output: { entryFileNames: 'index.js', banner: '#!/usr/bin/env node' } },
  },
});
