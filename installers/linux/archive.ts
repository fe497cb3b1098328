import { join } from 'node:path';
import { run } from '../run.ts';
import type { Architecture } from './left-out.ts';

export interface ArchiveOrder {
  /** Folder that holds `gatehouse-VERSION`, settled. */
  folder: string;
  version: string;
  arch: Architecture;
  at: Date;
  out: string;
}

/** Writes `gatehouse-VERSION-linux-ARCH.tar.gz`: the same bytes for the same tree, version and time. */
export async function makeArchive({ folder, version, arch, at, out }: ArchiveOrder): Promise<string> {
  const path = join(out, `gatehouse-${version}-linux-${arch}.tar.gz`);
  const tar = [
    '--sort=name',
    `--mtime=@${Math.floor(at.getTime() / 1000)}`,
    ...['--owner=0', '--group=0', '--numeric-owner', '--format=gnu'],
    // no name and time in the header of gzip
    ...['--use-compress-program', 'gzip -9n'],
    ...['-C', folder, '-cf', path, `gatehouse-${version}`],
  ];
  await run('tar', tar, { cwd: folder, env: { LC_ALL: 'C', TZ: 'UTC' } });
  return path;
}
