import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const PIECE = 1 << 20;

/** Nanoseconds after its last change for which a file is not trusted to have another time when it changes again. */
const SETTLED = 2_000_000_000n;

/** SHA-256 in hex, or undefined where the file is not there. */
export const hashFile = (path: string): Promise<string | undefined> => withFile(path, hashOf);

/** By path, what this process hashed, and which file that was. */
const hashed = new Map<string, { file: string; hash: string }>();

/**
 * As `hashFile`, for one process that looks at the same files again and again: one that is the same as before by its number, its size and both of
 * its times is not read again. The time of the last change of a file is the kernel's, so a program cannot put it back.
 */
export const hashFileOnce = (path: string): Promise<string | undefined> =>
  withFile(path, async (handle) => {
    const file = await identify(handle);
    const known = hashed.get(path);
    if (known?.file === file.name) return known.hash;
    const hash = await hashOf(handle);
    const { name, changed } = await identify(handle);
    if (name === file.name && changed < BigInt(Date.now()) * 1_000_000n - SETTLED)
      hashed.set(path, { file: name, hash });
    return hash;
  });

async function identify(handle: FileHandle): Promise<{ name: string; changed: bigint }> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  return { name: [dev, ino, size, mtimeNs, ctimeNs].join(), changed: ctimeNs };
}

/** In pieces: a whole model would be tens of megabytes at once. */
async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(piece, 0, PIECE, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function withFile<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}
