import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, lstat, lutimes, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface PackedFile {
  /** Below the folder, with `/`. */
  path: string;
  bytes: number;
}

/** All files of a folder, sorted by their path's bytes: the same order on every machine. */
export async function filesIn(folder: string): Promise<PackedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: PackedFile[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    files.push({ path: relative(folder, path), bytes: (await lstat(path)).size });
  }
  return files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** Kibibytes as dpkg counts them: every file rounded up. */
export const installedKibibytes = (files: readonly PackedFile[]): number =>
  files.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 1024), 0);

/** The same modes and times whatever the umask and the clock of the builder: 0755 for folders and programs, 0644 else. */
export async function settle(folder: string, at: Date): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    if (entry.isDirectory() || (entry.isFile() && (mode & 0o100) !== 0)) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, 0o644);
    await lutimes(path, at, at);
  }
  await chmod(folder, 0o755);
  await lutimes(folder, at, at);
}

/** Lower-case hex of a file. */
export async function digestOf(path: string, algorithm: 'sha256' | 'md5'): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
