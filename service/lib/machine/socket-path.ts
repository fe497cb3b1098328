import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Problem } from '../problem.ts';

/** What every Unix takes as the path of a socket, in bytes; `sun_path` holds 107 on Linux, 103 on macOS. */
export const LONGEST_SOCKET = 103;

/** A path by which a socket can be made and reached; it holds until it is disposed of. */
export interface SocketPath extends Disposable {
  path: string;
}

/**
 * The path of a socket, however long: Linux reaches it through its folder, which stays open. Throws as opening the folder does, and CONFLICT on
 * a system that has no such way.
 */
export function openSocketPath(path: string, platform: NodeJS.Platform = process.platform): SocketPath {
  if (Buffer.byteLength(path) <= LONGEST_SOCKET) return { path, [Symbol.dispose]() {} };
  if (platform !== 'linux')
    throw new Problem(
      'CONFLICT',
      `The control socket ${path} has a path of ${Buffer.byteLength(path)} bytes, and this system takes ${LONGEST_SOCKET}: move the data directory to a shorter path.`,
    );
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: `/proc/self/fd/${folder}/${basename(path)}`,
    [Symbol.dispose]: () => closeSync(folder),
  };
}
