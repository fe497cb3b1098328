import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readBundled } from './bundled-libraries.ts';
import { LINKED } from './licences/linked-parts.ts';
import { run } from './run.ts';

export interface BillOrder {
  /** The checkout: cyclonedx-npm and the models' manifest. */
  root: string;
  /** Folder with package.json, lock and the complete production node_modules. */
  work: string;
  /** The production tree: what is really in the package. */
  tree: string;
  arch: 'x64' | 'arm64';
  out: string;
}

interface Component {
  type: 'application' | 'framework' | 'library' | 'machine-learning-model';
  'bom-ref': string;
  name: string;
  version: string;
  description?: string;
  licenses?: readonly ({ license: { id?: string; name?: string } } | { expression: string })[];
  hashes?: readonly { alg: string; content: string }[];
  purl?: string;
}

const SPEC = '1.6';

/**
 * Writes the CycloneDX 1.6 bill of materials of the package: npm's production packages, and what no package manager lists: Node.js
 * and what is linked into it, libvips' libraries, SQLite, ONNX Runtime, the models. It is validated before it is written.
 */
export async function writeBill({ root, work, tree, arch, out }: BillOrder): Promise<void> {
  const tool = join(root, 'node_modules/@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js');
  const options = [
    '--omit',
    'dev',
    '--output-reproducible',
    '--spec-version',
    SPEC,
    '--output-format',
    'JSON',
    '--output-file',
    '-',
  ];
  const bill = JSON.parse(await run(process.execPath, [tool, ...options], { cwd: work }));
  const installed = shipped(bill, tree);
  bill.components = [
    ...installed,
    ...(await bundledLibraries(tree, installed)),
    ...(await nativeParts({ root, tree, work, arch })),
    ...(await modelsIn(tree)),
  ].toSorted((a: Component, b: Component) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const text = `${JSON.stringify(bill, null, 2)}\n`;
  await validateBill(text);
  await writeFile(out, text);
}

interface Bill {
  components: NpmComponent[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}
type NpmComponent = Component & {
  properties?: readonly { name: string; value: string }[];
  components?: NpmComponent[];
};

/** Without what the tree leaves out of npm's packages (installers/linux/left-out.ts). */
function shipped(bill: Bill, tree: string): NpmComponent[] {
  const gone = new Set<string>();
  const keep = (components: readonly NpmComponent[]): NpmComponent[] =>
    components.flatMap((one) => {
      const path = one.properties?.find(({ name }) => name === 'cdx:npm:package:path')?.value;
      const inside = one.components && { components: keep(one.components) };
      if (path === undefined || existsSync(join(tree, path, 'package.json'))) return [{ ...one, ...inside }];
      gone.add(one['bom-ref']);
      return [];
    });
  const components = keep(bill.components);
  bill.dependencies = bill.dependencies
    .filter(({ ref }) => !gone.has(ref))
    .map(({ dependsOn, ...one }) => ({
      ...one,
      ...(dependsOn && { dependsOn: dependsOn.filter((ref) => !gone.has(ref)) }),
    }));
  return components;
}

/** What Vite put into the pages and the MCP server: development packages, whose code is in the package all the same. */
async function bundledLibraries(tree: string, installed: readonly Component[]): Promise<Component[]> {
  const listed = new Set(installed.map(({ purl }) => purl));
  return (await readBundled(tree)).flatMap(({ name, version, identifier, where }): Component[] => {
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    if (listed.has(purl)) return [];
    listed.add(purl);
    const licenses = identifier && { licenses: licensesOf(identifier) };
    const description = `Bundled into ${where}.`;
    return [
      {
        type: 'library',
        'bom-ref': `page:${name}@${version}`,
        name,
        version,
        description,
        purl,
        ...licenses,
      },
    ];
  });
}

async function nativeParts({
  root,
  tree,
  work,
  arch,
}: Pick<BillOrder, 'root' | 'tree' | 'work' | 'arch'>): Promise<Component[]> {
  // The Node.js of another architecture does not run here; the checkout's is of the same version, by the same lock file.
  const own = arch === process.arch;
  const node = own ? join(tree, 'bin/node') : process.execPath;
  const versions: Record<string, string> = JSON.parse(
    await run(node, ['-p', 'JSON.stringify(process.versions)'], { cwd: tree }),
  );
  const libvips: Record<string, string> = JSON.parse(
    await readFile(join(tree, 'node_modules/@img', `sharp-libvips-linux-${arch}`, 'versions.json'), 'utf8'),
  );
  const sqlite = await run(
    node,
    ['-p', "new (require('better-sqlite3'))(':memory:').prepare('select sqlite_version() as v').get().v"],
    { cwd: own ? tree : root },
  );
  const runtime = JSON.parse(
    await readFile(join(work, 'node_modules/onnxruntime-node/package.json'), 'utf8'),
  );
  const insideNode = [
    'openssl',
    'v8',
    'uv',
    'zlib',
    'icu',
    'undici',
    'sqlite',
    'nghttp2',
    'ada',
    'simdjson',
    'brotli',
    'zstd',
    'ares',
  ];
  return [
    part('node', versions.node!, {
      type: 'application',
      purl: `pkg:generic/node@${versions.node}`,
    }),
    ...insideNode
      .filter((name) => versions[name])
      .map((name) => part(`node/${name}`, versions[name]!, { in: 'Node.js' })),
    part('onnxruntime', runtime.version, {
      purl: `pkg:generic/onnxruntime@${runtime.version}`,
    }),
    part('sqlite', sqlite.trim(), { in: 'better-sqlite3', purl: `pkg:generic/sqlite@${sqlite.trim()}` }),
    part('libvips', libvips.vips!, {
      purl: `pkg:generic/libvips@${libvips.vips}`,
    }),
    ...Object.entries(libvips)
      .filter(([name]) => name !== 'vips')
      .map(([name, version]) => part(`libvips/${name}`, version, { in: 'libvips' })),
  ];
}

function part(
  name: string,
  version: string,
  { type = 'library', purl, in: inside }: { type?: Component['type']; purl?: string; in?: string },
): Component {
  return {
    type,
    'bom-ref': `native:${name}@${version}`,
    name,
    version,
    ...(inside && { description: `Linked into ${inside}.` }),
    ...(LINKED[name] && { licenses: licensesOf(LINKED[name]) }),
    ...(purl && { purl }),
  };
}

/** CycloneDX knows single licences by SPDX's id, and several as an expression. */
const licensesOf = (licence: string): NonNullable<Component['licenses']> =>
  licence.includes(' ') ? [{ expression: licence }] : [{ license: { id: licence } }];

/** Every ONNX file that is in the package, by its bytes. */
async function modelsIn(tree: string): Promise<Component[]> {
  const { models } = JSON.parse(await readFile(join(tree, 'models/manifest.json'), 'utf8'));
  const built = models.filter(({ origin }: { origin: string }) => origin === 'built');
  return Promise.all(
    built.map(async ({ id, name, file, licence, provenance }: Record<string, string>): Promise<Component> => {
      const content = createHash('sha256')
        .update(await readFile(join(tree, 'models/built', file!)))
        .digest('hex');
      return {
        type: 'machine-learning-model',
        'bom-ref': `model:${id}`,
        name: name!,
        version: content.slice(0, 12),
        description: provenance!,
        licenses: [{ license: { name: licence! } }],
        hashes: [{ alg: 'SHA-256', content }],
      };
    }),
  );
}

/** Throws where the text is not CycloneDX by its schema, strictly. */
export async function validateBill(text: string): Promise<void> {
  const tool = join(import.meta.dirname, '../node_modules/@cyclonedx/cyclonedx-npm/package.json');
  const { Validation } = createRequire(tool)('@cyclonedx/cyclonedx-library');
  const found = await new Validation.JsonStrictValidator(SPEC).validate(text);
  if (found !== null)
    throw new Error(
      `The bill of materials is not valid CycloneDX ${SPEC}: ${JSON.stringify(found, null, 2)}`,
    );
}
