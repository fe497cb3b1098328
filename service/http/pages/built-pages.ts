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

/**
 * What a page of ours may load: everything from this box, nothing from elsewhere; no inline script, no evaluated one. Style elements
 * that the page makes while it runs carry the nonce of this one response. Frames of the camera become pictures by `blob:`.
 */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * The page of a person who is being verified loads less: no font, no worker, no style of its own making, and its script may not write
 * HTML. `origins`: the pages that may show it in a frame.
 */
export const capturePagePolicy = (origins: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    `frame-ancestors ${origins.length === 0 ? "'none'" : origins.join(' ')}`,
  ].join('; ');

const off = ['microphone', 'geolocation', 'display-capture', 'payment', 'usb', 'serial'].map(
  (feature) => `${feature}=()`,
);

/** Pages may use the camera and passkeys; other browser features are disabled. */
export const permissionsPolicy = [
  'camera=(self)',
  'publickey-credentials-create=(self)',
  'publickey-credentials-get=(self)',
  'clipboard-write=(self)',
  ...off,
].join(', ');

/** Only the camera, and copying the link for the phone. */
export const capturePagePermissions = ['camera=(self)', 'clipboard-write=(self)', ...off].join(', ');
