import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { captureBudget } from './renderer/capture-budget.ts';
import { catalogs } from './renderer/catalogs.ts';
import { controlSocketProxy } from './renderer/dev/control-socket-proxy.ts';
import { gatehouseScript } from './renderer/gatehouse-script.ts';
import { help } from './renderer/help/book.ts';

/** The pages of the product, each an `index.html` in a folder of its own, served under the name of that folder. */
const pages = ['console', 'kiosk', 'capture'];
const root = import.meta.dirname;

/** No part `preload`: a page has no interface to the system (docs/DESKTOP.md). */
export default defineConfig({
  main: {
    build: {
      outDir: join(root, 'dist/main'),
      rolldownOptions: { input: join(root, 'main/index.ts') },
    },
  },
  renderer: {
    root: join(root, 'renderer'),
    appType: 'mpa',
    publicDir: false,
    plugins: [
      react(),
      controlSocketProxy(pages),
      captureBudget(),
      catalogs(),
      gatehouseScript(),
      help(),
      // The service serves the pages from the root; electron-vite sets `./`, as for files that a window opens.
      { name: 'base-of-pages', apply: 'build', config: () => ({ base: '/' }) },
    ],
    css: { modules: { localsConvention: 'camelCaseOnly' } },
    build: {
      outDir: join(root, 'dist/renderer'),
      emptyOutDir: true,
      assetsDir: 'assets',
      manifest: true,
      // What of other packages is in the pages: the packages' list of licences.
      license: { fileName: '.vite/licences.json' },
      sourcemap: false,
      // Of phones and other browsers, which load the same pages: electron-vite builds for Electron's own.
      minify: true,
      modulePreload: true,
      target: 'es2023',
      // Fonts and icons stay files: the content security policy takes no font out of a data address.
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: Object.fromEntries(pages.map((page) => [page, join(root, 'renderer', page, 'index.html')])),
      },
    },
  },
});
