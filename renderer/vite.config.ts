import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { captureBudget } from './capture-budget.ts';
import { controlSocketProxy } from './dev/control-socket-proxy.ts';
import { gatehouseScript } from './gatehouse-script.ts';

/** The pages of the product, each an `index.html` in a folder of its own, served under the name of that folder. */
const pages = ['console', 'kiosk', 'capture'];

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  appType: 'mpa',
  publicDir: false,
  plugins: [react(), controlSocketProxy(pages), captureBudget(), gatehouseScript()],
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  build: {
    outDir: join(import.meta.dirname, '../dist/renderer'),
    emptyOutDir: true,
    assetsDir: 'assets',
    manifest: true,
    // What of other packages is in the pages: the packages' list of licences.
    license: { fileName: '.vite/licences.json' },
    sourcemap: false,
    target: 'es2023',
    // Fonts and icons stay files: the content security policy takes no font out of a data address.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: Object.fromEntries(pages.map((page) => [page, join(import.meta.dirname, page, 'index.html')])),
    },
  },
});
