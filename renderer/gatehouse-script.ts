import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'vite';

/** Bytes after gzip that the script may have which other sites load from the appliance. */
export const SCRIPT_BUDGET = 10_300;
const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds `sdk/gatehouse/src/collector/script` into one file beside the pages, which the appliance serves as `/sdk/gatehouse.js`. */
export function gatehouseScript(): Plugin {
  let pages = '';
  return {
    name: 'gatehouse-script',
    apply: 'build',
    configResolved({ build }) {
      pages = build.outDir;
    },
    async closeBundle() {
      const output = await build({
        configFile: false,
        root,
        publicDir: false,
        logLevel: 'warn',
        build: {
          outDir: join(pages, 'sdk'),
          target: 'es2020',
          lib: {
            entry: join(root, 'sdk/gatehouse/src/collector/script/gatehouse-script.ts'),
            formats: ['iife'],
            name: 'gatehouseScript',
            fileName: () => 'gatehouse.js',
          },
        },
      });
      const [script] = [output].flat().flatMap((one) => ('output' in one ? one.output : []));
      if (script?.type !== 'chunk') return this.error('The build has no script for other sites.');
      const bytes = gzipSync(script.code).byteLength;
      const size = `${(bytes / 1000).toFixed(1)} kB gzip, of ${SCRIPT_BUDGET / 1000} kB`;
      if (bytes > SCRIPT_BUDGET) this.error(`/sdk/gatehouse.js is too large: ${size}.`);
      console.log(`/sdk/gatehouse.js: ${size}`);
    },
  };
}
