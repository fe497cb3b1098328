import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Builds the package as it is published into `folder`. */
function buildPackage(folder: string): void {
  const built = spawnSync(process.execPath, [join(root, 'sdk/gatehouse/build.mjs'), folder]);
  if (built.status !== 0) throw new Error(`the build failed: ${built.stdout}${built.stderr}`);
}

/** The package in an application without a bundler. */
export function installPackage(application: string): void {
  const home = join(application, 'node_modules/@gatehouse/sdk');
  mkdirSync(home, { recursive: true });
  buildPackage(home);
  cpSync(join(root, 'sdk/gatehouse/package.json'), join(home, 'package.json'));
  if (!existsSync(join(application, 'package.json')))
    writeFileSync(join(application, 'package.json'), '{"type":"module"}');
}

interface ShopOptions {
  html?: string;
  /** Further modules, by name. */
  modules?: Record<string, string>;
  /** Names of `import.meta.env`. */
  env?: Record<string, string>;
}

/** A page of a shop that has `@gatehouse/sdk/huma` as it is published, bundled with React as a shop does it. `program` is its module. */
export async function openShop(program: string, options: ShopOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-huma-shop-'));
  buildPackage(folder);
  const pages = await listen((request, response) => {
    const isScript = request.url === '/shop.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    // As a bank's page has it: no inline style, pictures from the payload alone.
    response.setHeader(
      'content-security-policy',
      "default-src 'self'; img-src data:; script-src 'self' http://127.0.0.1:*; connect-src 'self' http://127.0.0.1:*; style-src 'self'",
    );
    if (isScript) response.end(readFileSync(join(folder, 'shop/shop.js')));
    else response.end(`${options.html ?? blank}<script type="module" src="/shop.js"></script>`);
  });
  const bundle = async (from: string, { modules = {}, env = {} }: ShopOptions = {}) => {
    for (const [name, text] of Object.entries({ ...modules, 'shop.jsx': from }))
      writeFileSync(join(folder, name), text);
    await bundleInto(folder, env);
  };
  await bundle(program, options);
  return {
    origin: pages.base,
    folder,
    /** Another program in its place. */
    bundle,
    close() {
      pages.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const blank = '<!doctype html><html lang="en"><title>Shop</title><main id="root"></main>';

async function bundleInto(folder: string, env: Record<string, string>): Promise<void> {
  const published = (name: string) => join(folder, 'dist/esm/huma', name);
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    publicDir: false,
    define: {
      'process.env.NODE_ENV': '"development"',
      ...Object.fromEntries(
        Object.entries(env).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
      ),
    },
    resolve: {
      alias: {
        '@gatehouse/sdk/huma/react': published('react.js'),
        '@gatehouse/sdk/huma': published('index.js'),
        'react-dom': join(root, 'node_modules/react-dom'),
        react: join(root, 'node_modules/react'),
      },
    },
    build: {
      outDir: join(folder, 'shop'),
      minify: false,
      lib: { entry: join(folder, 'shop.jsx'), formats: ['es'], fileName: () => 'shop.js' },
    },
  });
}
