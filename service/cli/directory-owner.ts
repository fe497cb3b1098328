import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The folder that keeps this account out, and its owner. */
interface ForeignOwner {
  folder: string;
  uid: number;
}

/** Undefined where this account owns the directory, where it is not there, and on systems without such owners. */
export function foreignOwner(
  directory: string,
  self: number | undefined = process.getuid?.(),
): ForeignOwner | undefined {
  if (self === undefined) return undefined;
  try {
    const { uid } = statSync(directory);
    return uid === self ? undefined : { folder: directory, uid };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return undefined;
    return foreignOwner(dirname(directory), self);
  }
}

/** As `sudo` takes it. */
export const asOwner = ({ uid }: ForeignOwner, command: string) => `sudo -u '#${uid}' ${command}`;
