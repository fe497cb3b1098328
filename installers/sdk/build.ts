// The last part of `npm run build:sdk`: what the box serves at /sdk/, into dist/clients. The packages themselves are built before.
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { run } from '../run.ts';
import { type ScriptTypes, scriptTypes } from './script-types.ts';
import { stagePackage } from './stage.ts';

const root = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    /** Where the packages were built: a folder with `gatehouse/dist` and `mcp/dist`. */
    packages: { type: 'string', default: join(root, 'sdk') },
    out: { type: 'string', default: join(root, 'dist/clients') },
  },
});
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
await buildClients(resolve(values.packages), resolve(values.out));

async function buildClients(packages: string, out: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'gatehouse-clients-'));
  const made = `${out}.new`;
  try {
    await rm(made, { recursive: true, force: true });
    await mkdir(made, { recursive: true });
    for (const name of ['gatehouse', 'mcp'] as const) {
      const staged = join(work, name);
      await stagePackage(name, join(packages, name, 'dist'), staged);
      await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', made], { cwd: staged });
    }
    const mcp = join(packages, 'mcp/dist');
    await cp(join(mcp, 'gatehouse-mcp.mjs'), join(made, `gatehouse-mcp-${version}.mjs`));
    await cp(join(mcp, 'licences.json'), join(made, 'licences.json'));
    const sdk = join(packages, 'gatehouse/dist');
    await cp(join(sdk, 'gatehouse.js'), join(made, `gatehouse-huma-${version}.js`));
    for (const [name, types] of Object.entries(scripts(join(sdk, 'esm')))) {
      const { namespace, source } = types;
      if (source) await buildScript(made, { name, namespace, source });
      await writeFile(join(made, `gatehouse-${name}-${version}.d.ts`), scriptTypes(types));
    }
    await rm(out, { recursive: true, force: true });
    await rename(made, out);
    console.log(`sdk: ${(await readdir(out)).length} files in ${out}`);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(made, { recursive: true, force: true });
  }
}

/** For a script tag, by name. `source`: what is built of it; absent, it was built with the package. */
function scripts(modules: string): Record<string, ScriptTypes & { source?: string }> {
  return {
    proof: {
      source: 'proof.ts',
      entry: join(modules, 'proof.d.ts'),
      namespace: 'GatehouseProof',
      values: ['ProofClient', 'ProofError'],
    },
    humanpass: {
      source: 'humanpass-script.ts',
      entry: join(modules, 'humanpass-script.d.ts'),
      namespace: 'GatehouseHumanPass',
      values: ['HumanPassClient', 'HumanPassError'],
    },
    huma: {
      entry: join(modules, 'browser.d.ts'),
      namespace: 'GatehouseHuma',
      values: [],
      instead: {
        SessionData: '/** Statistics of the last 30 seconds: numbers only. */\ntype SessionData = object;',
      },
      more: [
        'declare const Huma: GatehouseHuma.Huma;',
        'declare const Gatehouse: GatehouseHuma.Huma;',
        'interface Window {',
        '  Huma?: GatehouseHuma.Huma;',
        '  Gatehouse?: GatehouseHuma.Huma;',
        '  /** Address of the appliance, where the script itself comes from elsewhere. */',
        '  HUMA_BASE_URL?: string;',
        '}\n',
      ].join('\n'),
    },
  };
}

async function buildScript(
  outDir: string,
  { name, namespace, source }: { name: string; namespace: string; source: string },
): Promise<void> {
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'error',
    build: {
      outDir,
      emptyOutDir: false,
      target: 'es2020',
      lib: {
        entry: join(root, 'sdk/gatehouse/src', source),
        formats: ['iife'],
        name: namespace,
        fileName: () => `gatehouse-${name}-${version}.js`,
      },
    },
  });
}
