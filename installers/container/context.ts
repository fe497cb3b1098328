import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Architecture } from '../linux/left-out.ts';
import { run } from '../run.ts';
import { addDebianParts } from './debian-parts.ts';

/** What the program is linked with, of a Debian 12 (or newer) system: everything else comes in the archive. */
const LIBRARIES = [
  'libc.so.6',
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libnss_dns.so.2',
  'libnss_files.so.2',
  'libpthread.so.0',
  'libresolv.so.2',
  'librt.so.1',
  'libstdc++.so.6',
];
const PLACES = {
  x64: { folder: 'x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2' },
  arm64: { folder: 'aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1' },
} as const;

export interface ContextOrder {
  /** gatehouse-VERSION-linux-ARCH.tar.gz */
  archive: string;
  /** A Debian root of the same architecture, whose libraries are taken; `/` for this machine's. */
  base: string;
  arch: Architecture;
  /** Empty folder to make. */
  out: string;
}

/** Makes the folder that an image is built of: Containerfile, `root/` (libraries, accounts, program), `data/` (empty). */
export async function makeContext({ archive, base, arch, out }: ContextOrder): Promise<void> {
  await rm(out, { recursive: true, force: true });
  const root = join(out, 'root');
  const program = join(root, 'usr/lib');
  await mkdir(program, { recursive: true });
  await run('tar', ['-xzf', archive, '--no-same-owner', '-C', program], { cwd: out });
  await rename(
    join(program, basename(archive).replace(/-linux-\w+\.tar\.gz$/, '')),
    join(program, 'gatehouse'),
  );
  await cp(join(import.meta.dirname, 'health-check.mjs'), join(program, 'gatehouse/health-check.mjs'));
  await copyLibraries({ base, arch, root });
  const libraries = [...LIBRARIES, basename(PLACES[arch].loader)];
  await addDebianParts({ base, arch, libraries, bill: join(program, 'gatehouse/SBOM.cdx.json') });
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc/passwd'), 'gatehouse:x:10001:10001:Gatehouse:/data:/nonexistent\n');
  await writeFile(join(root, 'etc/group'), 'gatehouse:x:10001:\n');
  await writeFile(join(root, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
  await mkdir(join(root, 'tmp'));
  await chmod(join(root, 'tmp'), 0o1777);
  await mkdir(join(out, 'data'), { mode: 0o700 });
  await chmod(join(out, 'data'), 0o700);
  await cp(join(import.meta.dirname, 'Containerfile'), join(out, 'Containerfile'));
}

async function copyLibraries({ base, arch, root }: { base: string; arch: Architecture; root: string }) {
  const { folder, loader } = PLACES[arch];
  const copy = async (from: string, to: string) => {
    if (!existsSync(from))
      throw new Error(
        `There is no ${from}. --base names a Debian 12 root of ${arch}, such as one that debootstrap made.`,
      );
    await mkdir(join(root, to, '..'), { recursive: true });
    await cp(await realpath(from), join(root, to));
  };
  // where the loader is a link, it is an absolute one
  await copy(join(base, 'usr/lib', folder, basename(loader)), loader);
  for (const name of LIBRARIES) await copy(join(base, 'usr/lib', folder, name), join('lib', folder, name));
  // what Debian hands on with them
  const texts = 'usr/lib/gatehouse/licences-of-libraries';
  for (const name of ['libc6', 'gcc-12-base'])
    await copy(join(base, 'usr/share/doc', name, 'copyright'), join(texts, `${name}.txt`));
  for (const name of ['GPL-2', 'GPL-3', 'LGPL-2.1'])
    await copy(join(base, 'usr/share/common-licenses', name), join(texts, `${name}.txt`));
}
