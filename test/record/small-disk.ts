import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own that can be filled and made read-only: a tmpfs. */
export interface SmallDisk {
  folder: string;
  remount(how: 'ro' | 'rw'): void;
  remove(): void;
}

const run = (command: string, ...words: string[]) => {
  const { status, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`);
};

/** Undefined where this account may not mount one. */
export function mountSmallDisk(mebibytes: number, inodes = 10_000): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-disk-'));
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,nr_inodes=${inodes},mode=700`, 'tmpfs', folder);
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    remount: (how) => run('mount', '-o', `remount,${how}`, folder),
    remove() {
      run('umount', '-l', folder);
      rmSync(folder, { recursive: true });
    },
  };
}
