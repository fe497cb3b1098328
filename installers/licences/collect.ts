import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { readBundled } from '../bundled-libraries.ts';
import { READ_BY_HAND } from './allowed.ts';
import { LINKED } from './linked-parts.ts';
import type { Part } from './part.ts';
import { standardText } from './standard-text.ts';

export interface CollectOptions {
  root: string;
  /** Folder with the complete production node_modules: texts that the tree leaves out. */
  work: string;
  tree: string;
}

interface Manifest {
  name: string;
  version: string;
  license?: string | { type: string };
  author?: string | { name: string };
  contributors?: readonly (string | { name: string })[];
  repository?: string | { url: string };
}

const texts = join(import.meta.dirname, 'texts');
const LEGAL = /^(licen[cs]e|copying|notice|unlicense)/i;

/** Everything of others that is in the tree, with licence and texts, sorted by name. */
export async function collectParts(order: CollectOptions): Promise<Part[]> {
  const parts = [
    ...(await packagesIn(order)),
    ...(await bundledParts(order)),
    ...(await linkedParts(order)),
    ...(await modelsAndFonts(order)),
  ];
  const key = ({ kind, name, version, place }: Part) => [kind, name, version, place].join('\0');
  return parts.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function packagesIn({ tree, work }: CollectOptions): Promise<Part[]> {
  const found: Part[] = [];
  const entries = await readdir(join(tree, 'node_modules'), { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.name !== 'package.json') continue;
    const path = relative(join(tree, 'node_modules'), entry.parentPath);
    if (!isPackage(path)) continue;
    const manifest: Manifest = JSON.parse(await readFile(join(entry.parentPath, 'package.json'), 'utf8'));
    const licence = licenceOf(manifest);
    const own = await textsIn(join(work, 'node_modules', path));
    const notices = await noticesBeside(join(work, 'node_modules', path), manifest.name);
    found.push({
      name: manifest.name,
      version: manifest.version,
      kind: 'package',
      licence,
      place: `node_modules/${path}/*`,
      texts: [...(own.length > 0 ? own : standardText(licence, holderOf(manifest))), ...notices],
    });
  }
  return found;
}

/** `a`, `@a/b`, and the same below another `node_modules`: a package.json elsewhere only says how files are read. */
const isPackage = (path: string): boolean =>
  /^(@[^/]+\/)?[^/@][^/]*$/.test(path.split('node_modules/').at(-1)!);

function licenceOf({ name, license }: Manifest): string {
  const named = typeof license === 'object' ? license.type : license;
  return named ?? READ_BY_HAND[name] ?? '';
}

async function textsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => LEGAL.test(name)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

/** The licence of libvips asks for the texts of the LGPL; its README lists its libraries. */
async function noticesBeside(folder: string, name: string): Promise<string[]> {
  if (!name.startsWith('@img/sharp-libvips-')) return [];
  return [await readFile(join(folder, 'README.md'), 'utf8'), ...(await lgpl())];
}

const lgpl = () =>
  Promise.all(
    ['LGPL-3.0.txt', 'GPL-3.0.txt', 'MPL-1.1.txt'].map((name) => readFile(join(texts, name), 'utf8')),
  );

function holderOf({ name, author, contributors, repository }: Manifest): string {
  const of = (one: string | { name: string } | undefined) => (typeof one === 'object' ? one.name : one);
  const url = typeof repository === 'object' ? repository.url : repository;
  return of(author) ?? of(contributors?.[0]) ?? `the authors of ${name}${url ? ` (${url})` : ''}`;
}

async function bundledParts({ root, tree }: CollectOptions): Promise<Part[]> {
  return Promise.all(
    (await readBundled(tree)).map(async ({ name, version, identifier, text, place }): Promise<Part> => {
      const manifest: Manifest = JSON.parse(
        await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'),
      );
      const licence = identifier ?? licenceOf(manifest);
      return {
        name,
        version,
        kind: 'page',
        licence,
        place,
        texts: text ? [text] : standardText(licence, holderOf(manifest)),
      };
    }),
  );
}

/** By the bill of materials, which lists them with their versions. */
async function linkedParts({ tree }: CollectOptions): Promise<Part[]> {
  const { components } = JSON.parse(await readFile(join(tree, 'SBOM.cdx.json'), 'utf8'));
  const native = components.filter((one: Record<string, string>) => one['bom-ref']!.startsWith('native:'));
  const [onnx, node, libvips] = [
    join(tree, 'node_modules/onnxruntime-node/bin'),
    join(tree, 'bin/node'),
    join(tree, 'node_modules/@img'),
  ].map((path) => relative(tree, path));
  return Promise.all(
    native.map(async ({ name, version }: { name: string; version: string }): Promise<Part> => {
      const part = { name, version, kind: 'linked', licence: LINKED[name] ?? '' } as const;
      if (name === 'onnxruntime')
        return { ...part, place: `${onnx}/*`, texts: await textsOfRuntime(version) };
      if (name === 'sqlite')
        return {
          ...part,
          place: 'node_modules/better-sqlite3/prebuilds/*',
          texts: standardText('blessing', ''),
        };
      if (name === 'node' || name.startsWith('node/'))
        return { ...part, place: node!, texts: [await readFile(join(tree, 'bin/LICENSE.node'), 'utf8')] };
      const libraries = join(tree, libvips!);
      const folder = (await readdir(libraries)).find((one) => one.startsWith('sharp-libvips-'))!;
      return {
        ...part,
        place: `${libvips}/${folder}/lib/*`,
        texts: [
          `Part of libvips ${part.licence}: see the table of ${basename(folder)}, whose texts follow it.`,
          ...standardText(part.licence, `the authors of ${name.replace('libvips/', '')}`),
        ],
      };
    }),
  );
}

/** npm's package has neither its licence nor the notices of what is linked into it: they are kept here, by version. */
async function textsOfRuntime(version: string): Promise<string[]> {
  try {
    return await Promise.all(
      ['', '-notices'].map((part) => readFile(join(texts, `onnxruntime-${version}${part}.txt`), 'utf8')),
    );
  } catch {
    throw new Error(
      `installers/licences/texts has no notices of ONNX Runtime ${version}: take LICENSE and ThirdPartyNotices.txt from its Python wheel (pip download onnxruntime==${version} --no-deps).`,
    );
  }
}

async function modelsAndFonts({ root, tree }: CollectOptions): Promise<Part[]> {
  const { models } = JSON.parse(await readFile(join(tree, 'models/manifest.json'), 'utf8'));
  const notice = await readFile(join(root, 'NOTICE'), 'utf8');
  const built: Record<string, string>[] = models.filter(
    ({ origin }: { origin: string }) => origin === 'built',
  );
  const { components } = JSON.parse(await readFile(join(tree, 'SBOM.cdx.json'), 'utf8'));
  const fonts = 'service/documents/fonts';
  return [
    ...built.map(({ id, file, licence }): Part => {
      const known = components.find((one: Record<string, string>) => one['bom-ref'] === `model:${id}`);
      const names = licence!.split(';').map((one) => one.trim().split(' ')[0]!);
      const holder = 'the authors named in the notice';
      return {
        name: id!,
        version: known.version,
        kind: 'model',
        licence: names.join(' AND '),
        place: `models/built/${file}`,
        texts: [notice, ...names.flatMap((one) => standardText(one, holder))],
      };
    }),
    {
      name: 'Inter',
      version: JSON.parse(
        await readFile(join(root, 'node_modules/@fontsource-variable/inter/package.json'), 'utf8'),
      ).version,
      kind: 'font',
      licence: 'OFL-1.1',
      place: `${fonts}/*`,
      texts: [await readFile(join(tree, fonts, 'LICENSE'), 'utf8')],
    },
  ];
}
