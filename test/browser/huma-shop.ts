import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '../..');

export async function listen(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A page of a shop that has `@gatehouse/sdk/huma` as it is published, bundled with React as a shop does it. `program` is its module. */
export async function openShop(
  program: string,
  html = '<!doctype html><html lang="en"><title>Shop</title><main id="root"></main>',
) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-huma-shop-'));
  const built = spawnSync(process.execPath, [join(root, 'sdk/gatehouse/build.mjs'), folder]);
  if (built.status !== 0) throw new Error(`the build failed: ${built.stdout}${built.stderr}`);
  writeFileSync(join(folder, 'shop.mjs'), program);
  const published = (name: string) => join(folder, 'dist/esm/huma', name);
  await build({
    ...{ configFile: false, root: folder, logLevel: 'error', publicDir: false },
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: {
      alias: {
        '@gatehouse/sdk/huma/react': published('react.js'),
        '@gatehouse/sdk/huma': published('index.js'),
        'react-dom': join(root, 'node_modules/react-dom'),
        react: join(root, 'node_modules/react'),
      },
    },
    build: {
      ...{ outDir: join(folder, 'shop'), minify: false },
      lib: { entry: join(folder, 'shop.mjs'), formats: ['es'], fileName: () => 'shop.js' },
    },
  });
  const pages = await listen((request, response) => {
    const isScript = request.url === '/shop.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    // As a bank's page has it: no inline style, pictures from the payload alone.
    response.setHeader(
      'content-security-policy',
      "default-src 'self'; img-src data:; connect-src 'self' http://127.0.0.1:*; style-src 'self'",
    );
    response.end(
      isScript
        ? readFileSync(join(folder, 'shop/shop.js'))
        : `${html}<script type="module" src="/shop.js"></script>`,
    );
  });
  return {
    origin: pages.base,
    folder,
    close() {
      pages.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
