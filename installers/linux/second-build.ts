import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run.ts';
import type { Architecture } from './left-out.ts';
import { digestOf, filesIn } from './package-files.ts';

export interface SecondBuildOrder {
  /** The checkout, with nothing uncommitted. */
  root: string;
  /** Folder of the packages of the first build. */
  out: string;
  arch: Architecture;
  /** Time of the commit. */
  at: Date;
  /** Of the first build, where it has one: the second builder has no key. */
  modelsSignature: string | undefined;
  log(line: string): void;
}

/** Throws where the checkout holds what the commit does not: the second build is of the commit. */
export async function refuseUncommitted(root: string): Promise<void> {
  const changed = (await run('git', ['status', '--porcelain'], { cwd: root })).trim();
  if (changed !== '')
    throw new Error(`Commit first, because the second build is made from the commit:\n${changed}`);
}

/**
 * Builds the commit again in another folder, under another umask, time zone, locale and folder for temporary files, and compares
 * the packages. Undefined where all are the same; otherwise the first difference.
 */
export async function differenceOfSecondBuild(order: SecondBuildOrder): Promise<string | undefined> {
  const { root, out, arch, at, modelsSignature, log } = order;
  const work = await mkdtemp(join(tmpdir(), 'gatehouse-second-build-'));
  try {
    const checkout = join(work, 'another place', 'checkout');
    log('a second build of the same commit, in another folder');
    await checkOut(root, checkout);
    const second = join(work, 'packages');
    const temporary = join(work, 'tmp');
    await mkdir(temporary);
    const program = [process.execPath, '--disable-sigusr1', 'installers/linux/package.ts', '--arch', arch];
    if (modelsSignature !== undefined) program.push('--models-signature', modelsSignature);
    await run('sh', ['-c', 'umask 077; exec "$@"', 'sh', ...program, '--out', second], {
      cwd: checkout,
      env: {
        SOURCE_DATE_EPOCH: String(Math.floor(at.getTime() / 1000)),
        TZ: 'Pacific/Chatham',
        LC_ALL: 'C.UTF-8',
        LANG: 'tr_TR.UTF-8',
        TMPDIR: temporary,
      },
    });
    return await firstDifference(out, second, { work, log });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The committed files, with copies of what is installed and built beside them. */
async function checkOut(root: string, checkout: string): Promise<void> {
  await mkdir(checkout, { recursive: true });
  const tar = join(checkout, '..', 'commit.tar');
  await run('git', ['archive', '--format=tar', '-o', tar, 'HEAD'], { cwd: root });
  await run('tar', ['-xf', tar, '-C', checkout], { cwd: root });
  for (const part of ['node_modules', 'models/built'])
    await run('cp', ['-a', '--reflink=auto', `${join(root, part)}/.`, join(checkout, part)], { cwd: root });
}

/** Compares the files of two folders by name and bytes; signatures, which need a key, aside. */
async function firstDifference(
  one: string,
  other: string,
  { work, log }: { work: string; log(line: string): void },
): Promise<string | undefined> {
  const names = (await readdir(other)).toSorted();
  for (const name of names) {
    const [here, there] = [join(one, name), join(other, name)];
    const hash = await digestOf(there, 'sha256');
    if ((await digestOf(here, 'sha256').catch(() => undefined)) === hash)
      log(`the same twice: ${hash}  ${name}`);
    else return `${name}: ${await insideDifference(here, there, work)}`;
  }
  return undefined;
}

/** The first file inside two packages that differs; what they are made of, where that is the same. */
async function insideDifference(one: string, other: string, work: string): Promise<string> {
  const folders: string[] = [];
  for (const [name, file] of [
    ['one', one],
    ['other', other],
  ] as const) {
    const folder = join(work, `unpacked-${name}`);
    await mkdir(folder, { recursive: true });
    if (file.endsWith('.deb')) await run('dpkg-deb', ['-R', file, folder], { cwd: work });
    else if (file.endsWith('.tar.gz')) await run('tar', ['-xzf', file, '-C', folder], { cwd: work });
    else return 'the bytes of this file differ';
    folders.push(folder);
  }
  const [first, second] = await Promise.all(folders.map(filesIn));
  const paths = [...new Set([...first!, ...second!].map(({ path }) => path))].toSorted();
  for (const path of paths) {
    const [here, there] = await Promise.all(
      folders.map((folder) => digestOf(join(folder, path), 'sha256').catch(() => 'is not there')),
    );
    if (here !== there) return `${path} differs inside (${here}, ${there})`;
  }
  return 'its files are the same: the order, the modes, the times or the compression differ';
}
