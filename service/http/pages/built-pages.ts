import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** What `npm run build:renderer` made. */
export interface BuiltPages {
  /** The HTML of a page by its name, as `console`; undefined: there is no such page. */
  page(name: string): string | undefined;
  /** A script, style or font by its file name, which carries a hash of its content. */
  asset(name: string): Asset | undefined;
  /** A script that pages of other sites load, by its file name, as `gatehouse.js`. */
  script(name: string): Asset | undefined;
}
interface Asset {
  type: string;
  bytes: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
};

/**
 * Reads the built pages, all of them at once: they are a few megabytes, and what is not among them cannot be asked for, whatever a path
 * says. Undefined: they are not built.
 */
async function readBuiltPages(folder: string): Promise<BuiltPages | undefined> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = found.filter((one) => one.isDirectory() && !/^(assets|\.)/.test(one.name));
  const pages = new Map<string, string>();
  for (const { name } of names) {
    const html = await readFile(join(folder, name, 'index.html'), 'utf8').catch(() => undefined);
    if (html !== undefined) pages.set(name, html);
  }
  if (pages.size === 0) return undefined;
  const assets = await readAssets(join(folder, 'assets'));
  const scripts = await readAssets(join(folder, 'sdk')).catch(() => new Map<string, Asset>());
  return {
    page: (name) => pages.get(name),
    asset: (name) => assets.get(name),
    script: (name) => scripts.get(name),
  };
}

async function readAssets(folder: string): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  for (const name of await readdir(folder)) {
    const type = types[extname(name)];
    if (type !== undefined) assets.set(name, { type, bytes: await readFile(join(folder, name)) });
  }
  return assets;
}

/** Reads the pages at the first request; what is built while the service runs is there at the next one. */
export function createPages(folder: string): () => Promise<BuiltPages | undefined> {
  let built: Promise<BuiltPages | undefined> | undefined;
  return async () => {
    built ??= readBuiltPages(folder);
    const found = await built;
    if (!found) built = undefined;
    return found;
  };
}
