import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'vite';

/** Bytes after gzip that the script may have which other sites load from the appliance. */
export const SCRIPT_BUDGET = 10_300;
const root = fileURLToPath(new URL('..', import.meta.url));

/** Scripts that pages of other sites load, and their budgets. The second stands in the place of those of Turnstile, reCAPTCHA and hCaptcha. */
const scripts = [
  { file: 'gatehouse.js', entry: 'collector/script/gatehouse-script.ts', budget: SCRIPT_BUDGET },
  { file: 'siteverify.js', entry: 'siteverify/siteverify-script.ts', budget: 19_000 },
] as const;

/** Builds each of `sdk/gatehouse/src` into one file beside the pages. */
export function gatehouseScript(): Plugin {
  let pages = '';
  return {
    name: 'gatehouse-script',
    apply: 'build',
    configResolved({ build }) {
      pages = build.outDir;
    },
    async closeBundle() {
      for (const { file, entry, budget } of scripts) {
        const code = await bundle(join(root, 'sdk/gatehouse/src', entry), file, join(pages, 'sdk'));
        const bytes = gzipSync(code).byteLength;
        const size = `${(bytes / 1000).toFixed(1)} kB gzip, of ${budget / 1000} kB`;
        if (bytes > budget) this.error(`/sdk/${file} is too large: ${size}.`);
        console.log(`/sdk/${file}: ${size}`);
      }
    },
  };
}

async function bundle(entry: string, file: string, outDir: string): Promise<string> {
  const output = await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: false,
      target: 'es2020',
      lib: { entry, formats: ['iife'], name: 'gatehouseScript', fileName: () => file },
    },
  });
  const [script] = [output].flat().flatMap((one) => ('output' in one ? one.output : []));
  if (script?.type !== 'chunk') throw new Error(`The build has no ${file}.`);
  return script.code;
}
