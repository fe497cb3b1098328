// Writes `dist/gatehouse-mcp.mjs`: the server and all that it needs in one file, which runs without a node_modules and names the licences
// of what is in it at its end. `node sdk/mcp/build.mjs [FOLDER]`: into another folder than the package's own.
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
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
    license: { fileName: 'licences.json' },
    rollupOptions: { output: { entryFileNames: 'gatehouse-mcp.mjs', banner: '#!/usr/bin/env node' } },
  },
});
const bundled = JSON.parse(readFileSync(join(dist, 'licences.json'), 'utf8'));
const notices = bundled.map(({ name, version, identifier, text }) =>
  [`${name} ${version} (${identifier})`, ...(text ? [text.trim()] : [])].join('\n\n'),
);
appendFileSync(
  join(dist, 'gatehouse-mcp.mjs'),
  `/*\nThis file contains:\n\n${notices.join('\n\n').replaceAll('*/', '* /')}\n*/\n`,
);
