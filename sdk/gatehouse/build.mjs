// Writes the package's `dist`: the same sources as ES modules and as CommonJS, each with its types, and the script for pages.
// `node sdk/gatehouse/build.mjs [FOLDER]`: into another folder than the package's own.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const here = import.meta.dirname;
const [folder] = process.argv.slice(2);
const dist = join(folder === undefined ? here : resolve(folder), 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const outputs = [
  { name: 'esm', options: ['--module', 'nodenext'], type: 'module' },
  {
    name: 'cjs',
    options: ['--module', 'commonjs', '--moduleResolution', 'bundler', '--verbatimModuleSyntax', 'false'],
    type: 'commonjs',
  },
];

rmSync(dist, { recursive: true, force: true });
for (const { name, options, type } of outputs) {
  const outDir = join(dist, name);
  const words = ['-p', join(here, 'tsconfig.build.json'), '--outDir', outDir, ...options];
  const { status } = spawnSync(process.execPath, [tsc, ...words], { stdio: 'inherit' });
  if (status !== 0) {
    rmSync(dist, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify({ type })}\n`);
  for (const file of readdirSync(outDir, { recursive: true }).filter((one) => one.endsWith('.d.ts')))
    namePublished(join(outDir, file));
}

// The script as one file, for pages that serve their own copy of it.
const { build } = await import('vite');
await build({
  configFile: false,
  root: here,
  publicDir: false,
  logLevel: 'error',
  build: {
    outDir: dist,
    emptyOutDir: false,
    target: 'es2020',
    lib: {
      entry: join(here, 'src/collector/script/gatehouse-script.ts'),
      formats: ['iife'],
      name: 'gatehouseScript',
      fileName: () => 'gatehouse.js',
    },
  },
});

/** The compiler leaves `./x.ts` in declarations; only `./x.js` is published, and older compilers look for nothing else. */
function namePublished(declarations) {
  const text = readFileSync(declarations, 'utf8');
  writeFileSync(declarations, text.replace(/((?:from |import\()'\.\.?\/[\w/.-]+)\.ts'/g, "$1.js'"));
}
