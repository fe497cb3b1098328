import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../installers/run.ts';
import { createSdkDoor } from '../../service/doors/sdk/index.ts';
import { createServer } from '../../service/http/server.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { productVersion } from '../../service/lib/version.ts';
import { builtSdk } from '../support/built-sdk.ts';

// What `npm run build:sdk` makes, as the box serves it and an application gets it: without a registry.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
const version = productVersion();
let folder: string;
let app: ReturnType<typeof createServer>;
let base: string;

const text = async (name: string) => (await fetch(`${base}/sdk/${name}`)).text();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-served-'));
  const packages = join(folder, 'packages');
  cpSync(join(await builtSdk(), 'dist'), join(packages, 'gatehouse/dist'), { recursive: true });
  await run(node, [join(root, 'sdk/mcp/build.mjs'), join(packages, 'mcp')], { cwd: folder });
  const clients = join(folder, 'clients');
  const words = ['--packages', packages, '--out', clients];
  await run(node, [join(root, 'installers/sdk/build.ts'), ...words], { cwd: folder });
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  await app.register(createSdkDoor({ pages: async () => undefined, clients, version }));
  base = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await app?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('npm installs the package by its address, and a bundle of it has one React: the application’s', async () => {
  const shop = join(folder, 'shop');
  mkdirSync(shop);
  writeFileSync(join(shop, 'package.json'), '{"name":"shop","private":true,"type":"module"}');
  await run('npm', ['install', '--no-audit', '--no-fund', `${base}/sdk/gatehouse-sdk-${version}.tgz`], {
    cwd: shop,
  });
  const { dependencies } = JSON.parse(readFileSync(join(shop, 'package.json'), 'utf8'));
  expect(dependencies).toEqual({ '@gatehouse/sdk': `${base}/sdk/gatehouse-sdk-${version}.tgz` });
  for (const name of ['react', 'react-dom', 'scheduler'])
    cpSync(join(root, 'node_modules', name), join(shop, 'node_modules', name), { recursive: true });
  writeFileSync(
    join(shop, 'page.js'),
    `import { createElement as h, version } from 'react';
    import { renderToString } from 'react-dom/server.browser';
    import { useHuma } from '@gatehouse/sdk/huma/react';
    import HumanPassClient from '@gatehouse/sdk/humanpass';
    import { useHumanPass } from '@gatehouse/sdk/humanpass/react';
    const client = new HumanPassClient({ apiUrl: 'https://box.lan' });
    const Page = () => h('p', null, [typeof useHuma({ apiKey: 'k', userId: 'u' }).verify, useHumanPass(client).state].join());
    export const shown = renderToString(h(Page));
    export { version };`,
  );
  await build({
    configFile: false,
    root: shop,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: 'page.js', outDir: 'out', rollupOptions: { output: { entryFileNames: 'page.mjs' } } },
  });
  const { shown } = await import(join(shop, 'out/page.mjs'));
  expect(shown).toBe('<p>function,idle</p>');
});

test('its scripts set their globals, and have the hashes of the list', async () => {
  const { files } = (await (await fetch(`${base}/sdk/`)).json()) as {
    files: { name: string; sha256: string }[];
  };
  for (const { name, sha256 } of files) {
    const bytes = Buffer.from(await (await fetch(`${base}/sdk/${name}`)).arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sha256);
  }
  const page = createContext({ URL, AbortController, setTimeout, clearTimeout, fetch, crypto });
  for (const name of ['proof', 'humanpass'])
    runInContext(await text(`gatehouse-${name}-${version}.js`), page);
  const made = `[new GatehouseProof.ProofClient({ baseUrl: 'https://box.lan', apiKey: 'k' }) instanceof GatehouseProof.ProofClient,
    new GatehouseHumanPass.HumanPassClient({ apiUrl: 'https://box.lan' }) instanceof GatehouseHumanPass.HumanPassClient,
    Object.keys(GatehouseProof).sort().join(), Object.keys(GatehouseHumanPass).sort().join()]`;
  expect(runInContext(made, page)).toEqual([
    true,
    true,
    'ProofClient,ProofError',
    'HumanPassClient,HumanPassError',
  ]);
  expect(await text(`gatehouse-huma-${version}.js`)).toContain('huma_signals');
});

test('its types serve a page that loads the scripts', async () => {
  const types = await Promise.all(
    ['proof', 'humanpass', 'huma'].map(async (name) => {
      const file = `gatehouse-${name}-${version}.d.ts`;
      writeFileSync(join(folder, file), await text(file));
      return file;
    }),
  );
  writeFileSync(
    join(folder, 'page.ts'),
    `const client = new GatehouseProof.ProofClient({ baseUrl: '', apiKey: '' });
    const result: Promise<GatehouseProof.VerifyResult> = client.verify({ image: '' });
    const passes = new GatehouseHumanPass.HumanPassClient({ apiUrl: '' });
    const passed: Promise<GatehouseHumanPass.HumanPassResult> = passes.verify({ mode: 'iframe', container: document.body });
    const verdict: Promise<GatehouseHuma.Verdict> = Huma.verify('u', 'k');
    result.catch((error: unknown) => error instanceof GatehouseProof.ProofError && error.code);
    Gatehouse.startSession('u', 'k', undefined, { onError: (error) => console.log(error.retryAfter) });
    // @ts-expect-error: it is a type alone
    GatehouseHuma.HumaError;
    // @ts-expect-error: nothing stands for any
    const wrong: number = passed;`,
  );
  const words = '--noEmit --strict --skipLibCheck false --target es2022 --lib es2022,dom'.split(' ');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await run(node, [tsc, ...words, 'page.ts', ...types], { cwd: folder });
});
