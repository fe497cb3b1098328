// `npm run package`: builds the packages for Linux from this checkout, the same bytes from the same commit.
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createCommandRunner } from '../../service/cli/command.ts';
import { createProgram } from '../../service/cli/program.ts';
import { createTerminal } from '../../service/cli/terminal/terminal.ts';
import { readSignature } from '../../service/release/minisign.ts';
import { signatureBeside } from '../../service/release/signed-file.ts';
import { writeBill } from '../bill-of-materials.ts';
import { writeLicences } from '../licences/write-licences.ts';
import { run } from '../run.ts';
import { makeArchive } from './archive.ts';
import { makeDebianPackage } from './debian-package.ts';
import type { Architecture } from './left-out.ts';
import { manualOf } from './manual.ts';
import { requireNatives } from './native-files.ts';
import { digestOf, filesIn, settle } from './package-files.ts';
import { makeProductionTree, PARTS_OF_DIST } from './production-tree.ts';
import { differenceOfSecondBuild, refuseUncommitted } from './second-build.ts';

/** The bar of Installed-Size. */
const MOST_BYTES = 300e6;
/** What is printed by itself, below the program's folder. */
const PARTS = [
  ...[
    'bin/',
    'models/',
    'dist/service/',
    'dist/renderer/',
    'dist/clients/',
    'node_modules/onnxruntime-node/',
  ],
  ...['node_modules/@img/', 'node_modules/'],
];

const root = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'dist/packages') },
    arch: { type: 'string', default: 'x64' },
    'signing-key': { type: 'string' },
    'models-signature': { type: 'string' },
    'verify-reproducible': { type: 'boolean', default: false },
  },
});
const log = (line: string) => console.error(`package: ${line}`);
const out = resolve(values.out);
const arch = architecture(values.arch);
if (values['verify-reproducible']) await refuseUncommitted(root);
await makePackages({
  out,
  arch,
  ...(values['signing-key'] && { signingKey: resolve(values['signing-key']) }),
  ...(values['models-signature'] && { modelsSignature: resolve(values['models-signature']) }),
});
if (values['verify-reproducible']) {
  const difference = await differenceOfSecondBuild({
    root,
    out,
    arch,
    log,
    at: await timeOfCommit(),
    modelsSignature: await modelsSignatureIn(out),
  });
  if (difference !== undefined) {
    log(`NOT reproducible: ${difference}`);
    process.exitCode = 1;
  }
}

async function modelsSignatureIn(folder: string): Promise<string | undefined> {
  const name = (await readdir(folder)).find((one) => one.endsWith('-models.minisig'));
  return name && join(folder, name);
}

function architecture(name: string): Architecture {
  if (name === 'x64' || name === 'arm64') return name;
  throw new Error(`--arch is x64 or arm64, not ${name}.`);
}

async function makePackages({
  out,
  arch,
  signingKey,
  modelsSignature,
}: {
  out: string;
  arch: Architecture;
  signingKey?: string | undefined;
  /** A signature of models/manifest.json that was made before: with it a second builder, who has no key, gets the same bytes. */
  modelsSignature?: string | undefined;
}): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const at = await timeOfCommit();
  const work = await mkdtemp(join(tmpdir(), 'gatehouse-package-'));
  try {
    await mkdir(out, { recursive: true });
    log(`gatehouse ${version} for linux ${arch}, of ${at.toISOString()}`);
    log('compiling the service and the pages');
    for (const part of PARTS_OF_DIST) await rm(join(root, 'dist', part), { recursive: true, force: true });
    await run('npm', ['run', '--silent', 'build'], { cwd: root });
    const tree = join(work, `gatehouse-${version}`);
    await makeProductionTree({ root, work: join(work, 'npm'), out: tree, arch, log });
    requireNatives(tree, arch);
    await addArchiveFiles(tree);
    const manifest = await signManifest(tree, { out, version, signingKey, modelsSignature });
    log('bill of materials and licences');
    const bill = join(out, `gatehouse-${version}-linux-${arch}.cdx.json`);
    await writeBill({ root, work: join(work, 'npm'), tree, arch, out: bill });
    await cp(bill, join(tree, 'SBOM.cdx.json'));
    const { notices, copyright } = await writeLicences({
      root,
      work: join(work, 'npm'),
      tree,
      version,
      folder: 'usr/lib/gatehouse',
    });
    const licences = join(out, `gatehouse-${version}-linux-${arch}.licences.txt`);
    await writeFile(licences, notices);
    await settle(tree, at);
    log('Debian package');
    const program = await createProgram(createCommandRunner(createTerminal(process.stdout, process.stderr)));
    const manual = manualOf(program, { version, at });
    const words = [join(root, 'bin/gatehouse.mjs'), 'completion', 'bash'];
    const completion = await run(process.execPath, words, { cwd: root });
    const debian = await makeDebianPackage({
      tree,
      version,
      arch,
      at,
      out,
      copyright,
      manual,
      completion,
    });
    log('archive');
    await addManual(tree, { manual, completion, at });
    const archive = await makeArchive({ folder: work, version, arch, at, out });
    await writeSums(out, [debian.path, archive, bill, licences, ...manifest], signingKey);
    report(debian.kibibytes, await sizesOf(tree));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What an unpacked archive needs and the Debian package has elsewhere: the command, and the units, for /opt/gatehouse. */
async function addArchiveFiles(tree: string): Promise<void> {
  const own = import.meta.dirname;
  await cp(join(own, 'archive-files/gatehouse'), join(tree, 'bin/gatehouse'));
  const unit = await readFile(join(own, 'debian/gatehouse.service'), 'utf8');
  await writeFile(
    join(tree, 'gatehouse.service'),
    unit.replaceAll('/usr/bin/gatehouse', '/opt/gatehouse/current/bin/gatehouse'),
  );
  const recovery = 'gatehouse-update-recover.service';
  await cp(join(own, 'debian', recovery), join(tree, recovery));
}

/** Man page and completion of the archive, which the Debian package has at their places. */
async function addManual(
  tree: string,
  { manual, completion, at }: { manual: string; completion: string; at: Date },
): Promise<void> {
  for (const [path, text] of [
    ['share/man/man1/gatehouse.1', manual],
    ['share/bash-completion/completions/gatehouse', completion],
  ] as const) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  await settle(tree, at);
}

/** Puts the signature of the models' manifest into the tree, and beside the packages; its path there. Without a key there is none. */
async function signManifest(
  tree: string,
  {
    out,
    version,
    signingKey,
    modelsSignature,
  }: { out: string; version: string; signingKey: string | undefined; modelsSignature: string | undefined },
): Promise<string[]> {
  const manifest = join(tree, 'models/manifest.json');
  const published = join(out, `gatehouse-${version}-models.minisig`);
  const beside = signatureBeside(manifest);
  if (modelsSignature !== undefined) {
    readSignature(await readFile(modelsSignature, 'utf8'));
    await cp(modelsSignature, beside);
  } else if (signingKey !== undefined) await signFile(manifest, signingKey, `models of gatehouse ${version}`);
  else {
    await rm(published, { force: true });
    return [];
  }
  await cp(beside, published);
  return [published];
}

/** minisign asks for the password of the key at the terminal, where it has one. */
function signFile(file: string, key: string, comment: string): Promise<void> {
  return new Promise((done, refuse) => {
    const child = spawn('minisign', ['-S', '-s', key, '-t', comment, '-m', file], {
      stdio: ['inherit', 'ignore', 'inherit'],
    });
    child.on('error', () => refuse(new Error('minisign is not installed, or not on the PATH.')));
    child.on('exit', (code) =>
      code === 0 ? done() : refuse(new Error(`minisign did not sign ${file}: it ended with ${code}.`)),
    );
  });
}

/** Of everything in the packages: a second build of the commit has the same. */
async function timeOfCommit(): Promise<Date> {
  const given = process.env.SOURCE_DATE_EPOCH;
  const seconds = given ?? (await run('git', ['log', '-1', '--format=%ct'], { cwd: root })).trim();
  return new Date(Number(seconds) * 1000);
}

async function writeSums(
  out: string,
  paths: readonly string[],
  signingKey: string | undefined,
): Promise<void> {
  const lines: string[] = [];
  for (const path of [...paths].sort()) lines.push(`${await digestOf(path, 'sha256')}  ${basename(path)}\n`);
  await writeFile(join(out, 'SHA256SUMS'), lines.join(''));
  // of an earlier build
  for (const path of [...paths, join(out, 'SHA256SUMS')]) await rm(signatureBeside(path), { force: true });
  if (signingKey === undefined) {
    log('not signed: name a key of minisign with --signing-key FILE (docs/PACKAGES.md)');
    return;
  }
  for (const path of [...paths, join(out, 'SHA256SUMS')]) {
    await signFile(path, signingKey, basename(path));
  }
}

/** Bytes by the parts that make it large, the greatest first. */
async function sizesOf(tree: string): Promise<[part: string, bytes: number][]> {
  const sizes = new Map<string, number>();
  for (const { path, bytes } of await filesIn(tree)) {
    const part = PARTS.find((one) => path.startsWith(one)) ?? 'the rest';
    sizes.set(part, (sizes.get(part) ?? 0) + bytes);
  }
  return [...sizes].toSorted(([, one], [, other]) => other - one);
}

function report(kibibytes: number, parts: readonly [part: string, bytes: number][]): void {
  const bytes = kibibytes * 1024;
  for (const [part, size] of parts) log(`${(size / 1e6).toFixed(1).padStart(7)} MB  ${part}`);
  log(`installed size ${(bytes / 1e6).toFixed(1)} MB (bar ${MOST_BYTES / 1e6} MB)`);
  if (bytes > MOST_BYTES) {
    log('the package is too large: installers/linux/left-out.ts says what is left out');
    process.exitCode = 1;
  }
}
