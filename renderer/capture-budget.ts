import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Bytes after gzip that the capture page may load as JavaScript, with all that it loads later: it is opened on phones, often once. */
export const CAPTURE_BUDGET = 123_000;

/** Fails a build in which the capture page has become too large. */
export function captureBudget(): Plugin {
  return {
    name: 'capture-budget',
    apply: 'build',
    generateBundle(_, bundle) {
      const seen = new Set<string>();
      const follow = (file: string): void => {
        const chunk = bundle[file];
        if (chunk?.type !== 'chunk' || seen.has(file)) return;
        seen.add(file);
        for (const next of [...chunk.imports, ...chunk.dynamicImports]) follow(next);
      };
      for (const [file, chunk] of Object.entries(bundle))
        if (chunk.type === 'chunk' && chunk.isEntry && chunk.name === 'capture') follow(file);
      const bytes = [...seen].reduce((sum, file) => {
        const chunk = bundle[file];
        return sum + (chunk?.type === 'chunk' ? gzipSync(chunk.code).byteLength : 0);
      }, 0);
      const size = `${Math.round(bytes / 1000)} kB gzip of JavaScript, of ${CAPTURE_BUDGET / 1000} kB`;
      if (seen.size === 0) this.error('The build has no capture page.');
      if (bytes > CAPTURE_BUDGET) this.error(`The capture page is too large: ${size}.`);
      console.log(`capture page: ${size}`);
    },
  };
}
