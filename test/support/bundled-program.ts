import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** In `node_modules`, so that packages are found from there. */
const bundles = join(root, 'node_modules/.cache/gatehouse-program');
/** Packages with native code, or with files that they find beside their own. */
const fromTheirFolders = [
  '@bull-board/api',
  '@bull-board/fastify',
  '@node-rs/argon2',
  '@rapideditor/country-coder',
  '@scalar/fastify-api-reference',
  '@vladmandic/face-api',
  '@vladmandic/human',
  'better-sqlite3',
  'libheif-js',
  'onnxruntime-common',
  'onnxruntime-node',
  'pdfkit',
  'pino',
  'sharp',
];
const dayInMilliseconds = 86_400_000;

const ownThread =
  /new URL\(\s*import\.meta\.url\.endsWith\('\.ts'\) \? '\.\/([\w-]+)\.ts' : '\.\/\1\.js',\s*import\.meta\.url,?\s*\)/g;

/** A file that was bundled still finds the root from where its source lies; its threads are bundled too. */
const applianceAddresses: Plugin = {
  name: 'own-places',
  enforce: 'pre',
  transform(code, id) {
    if (id.includes('/node_modules/') || !code.includes('import.meta.')) return;
    const withThreads = code.replaceAll(ownThread, (_, name: string) => {
      const fileName = `${name}-thread.mjs`;
      this.emitFile({ type: 'chunk', id: join(id, `../${name}.ts`), fileName });
      return `new URL('./${fileName}', import.meta['url'])`;
    });
    const places = { url: pathToFileURL(id).href, filename: id, dirname: join(id, '..') };
    return withThreads.replaceAll(
      /\bimport\.meta\.(url|filename|dirname)\b/g,
      (_, name: keyof typeof places) => JSON.stringify(places[name]),
    );
  },
};

/**
 * For processes of tests, in few files: Node takes half as long to load it as from a file for each module. The program itself, and the
 * process that runs one command after another. Sets `TEST_BUNDLED_PROGRAM` to their folder, which `test/cli/gatehouse.ts` reads.
 */
export default async function bundleProgram(): Promise<void> {
  process.env.TEST_BUNDLED_PROGRAM ??= await bundled();
}

async function bundled(): Promise<string> {
  const made = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [applianceAddresses],
    ssr: { noExternal: true, external: fromTheirFolders },
    build: {
      ssr: true,
      write: false,
      minify: false,
      target: 'node24',
      rolldownOptions: {
        input: {
          gatehouse: join(root, 'service/cli/gatehouse.ts'),
          'kept-process': join(root, 'test/cli/kept-process.ts'),
          'node-process': join(root, 'test/cluster/node-process.ts'),
        },
        output: { format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
  if (Array.isArray(made) || !('output' in made)) throw new Error('Vite built no program.');
  const hash = createHash('sha256');
  const files = made.output.map((one) => {
    const content = one.type === 'chunk' ? one.code : one.source;
    hash.update(one.fileName).update(content);
    return { name: one.fileName, content };
  });
  // By what is in it: processes of another run may have an earlier one open.
  const folder = join(bundles, hash.digest('hex').slice(0, 16));
  mkdirSync(bundles, { recursive: true });
  removeOld(folder);
  if (!existsSync(folder)) {
    const written = mkdtempSync(join(bundles, 'being-written-'));
    for (const { name, content } of files) writeFileSync(join(written, name), content);
    try {
      renameSync(written, folder);
    } catch (error) {
      rmSync(written, { recursive: true });
      if (!existsSync(folder)) throw error;
    }
  }
  // Root's commands go on as the account that owns the data directory.
  chmodSync(folder, 0o755);
  return folder;
}

function removeOld(needed: string): void {
  for (const name of readdirSync(bundles)) {
    const folder = join(bundles, name);
    if (folder !== needed && statSync(folder).mtimeMs < Date.now() - dayInMilliseconds)
      rmSync(folder, { recursive: true, force: true });
  }
}
