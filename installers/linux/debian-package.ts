import { cp, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../run.ts';
import type { Architecture } from './left-out.ts';
import { digestOf, filesIn, installedKibibytes, settle } from './package-files.ts';

export interface DebianOrder {
  /** Production tree, which comes to /usr/lib/gatehouse. */
  tree: string;
  version: string;
  arch: Architecture;
  /** Of every file: the time of the commit. */
  at: Date;
  /** Man page (roff) and completion of bash. */
  manual: string;
  completion: string;
  /** In Debian's machine-readable form. */
  copyright: string;
  /** Folder for the package. */
  out: string;
}

const names = { x64: 'amd64', arm64: 'arm64' } as const;
const own = join(import.meta.dirname, 'debian');

/** Writes `gatehouse_VERSION_ARCH.deb`; the same bytes for the same tree, version and time. */
export async function makeDebianPackage(order: DebianOrder): Promise<{ path: string; kibibytes: number }> {
  const work = await mkdtemp(join(tmpdir(), 'gatehouse-deb-'));
  try {
    const root = join(work, 'root');
    await layOut(root, order);
    const files = await filesIn(root);
    const kibibytes = installedKibibytes(files);
    await mkdir(join(root, 'DEBIAN'));
    for (const script of ['preinst', 'postinst', 'prerm', 'postrm'])
      await cp(join(own, script), join(root, 'DEBIAN', script));
    await writeFile(join(root, 'DEBIAN/control'), controlOf(order, kibibytes));
    await writeFile(join(root, 'DEBIAN/conffiles'), '/etc/gatehouse/gatehouse.json\n');
    await writeFile(join(root, 'DEBIAN/md5sums'), await sumsOf(root, files));
    await settle(root, order.at);
    const path = join(order.out, `gatehouse_${order.version}_${names[order.arch]}.deb`);
    const seconds = String(Math.floor(order.at.getTime() / 1000));
    await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--threads-max=1', '--build', root, path], {
      cwd: work,
      env: { SOURCE_DATE_EPOCH: seconds, LC_ALL: 'C', TZ: 'UTC' },
    });
    return { path, kibibytes };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function layOut(
  root: string,
  { tree, version, at, manual, completion, copyright }: DebianOrder,
): Promise<void> {
  const place = async (path: string, text: string | Uint8Array) => {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await mkdir(join(root, 'usr/lib'), { recursive: true });
  await cp(tree, join(root, 'usr/lib/gatehouse'), { recursive: true, verbatimSymlinks: true });
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  await cp(join(own, 'gatehouse'), join(root, 'usr/bin/gatehouse'));
  await mkdir(join(root, 'usr/lib/systemd/system'), { recursive: true });
  for (const unit of ['gatehouse.service', 'gatehouse-update-recover.service'])
    await cp(join(own, unit), join(root, 'usr/lib/systemd/system', unit));
  await place('etc/gatehouse/gatehouse.json', '{}\n');
  await place('usr/share/man/man1/gatehouse.1.gz', zipped(manual));
  await place('usr/share/bash-completion/completions/gatehouse', completion);
  await place('usr/share/doc/gatehouse/copyright', copyright);
  // A link: images that leave out /usr/share/doc keep the documents beside the program.
  await symlink('../../../lib/gatehouse/docs', join(root, 'usr/share/doc/gatehouse/docs'));
  await place('usr/share/doc/gatehouse/changelog.Debian.gz', zipped(changelogOf(version, at)));
}

/** Level 9, without name and time in the header. */
const zipped = (text: string): Uint8Array => gzipSync(text, { level: 9 });

const changelogOf = (version: string, at: Date): string =>
  `gatehouse (${version}) stable; urgency=medium\n\n  * See /usr/lib/gatehouse/CHANGELOG.md.\n\n -- Gatehouse <gatehouse@example.org>  ${rfc2822(at)}\n`;

const rfc2822 = (at: Date): string => at.toUTCString().replace('GMT', '+0000');

async function sumsOf(root: string, files: readonly { path: string }[]): Promise<string> {
  const lines: string[] = [];
  for (const { path } of files) {
    if ((await lstat(join(root, path))).isSymbolicLink()) continue;
    lines.push(`${await digestOf(join(root, path), 'md5')}  ${path}\n`);
  }
  return lines.join('');
}

const controlOf = ({ version, arch }: DebianOrder, kibibytes: number): string =>
  `Package: gatehouse
Version: ${version}
Architecture: ${names[arch]}
Maintainer: Gatehouse <gatehouse@example.org>
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libstdc++6 (>= 12), passwd
Recommends: systemd, bash-completion
Section: net
Priority: optional
Description: self-hosted verification of people, without a cloud
 Verifies that a real, live and particular human is in front of a camera, in
 the organization's own network. Runs offline: nothing leaves the machine
 unless an administrator allowed it.
`;
