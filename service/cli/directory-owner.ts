import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { Problem } from '../lib/problem.ts';
import { productRoot } from '../lib/product-root.ts';
import { invocation } from './invocation.ts';

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

/** Name of the account that started this command, where it became another one. */
let startedBy: string | undefined;
export const startedByAccount = (): string => startedBy ?? userInfo().username;

let given: { data: string; uid: number } | undefined;
/** Where root took the identity of the owner of a data directory: what a refused file of root's then needs. */
export const ownerAdvice = (): string | undefined =>
  given &&
  `Root works on ${given.data} as the account that owns it (uid ${given.uid}): give that account the rights, or name another file.`;

/**
 * Root becomes the owner of the data directory for the rest of this process: what its files name is read, and what is made is owned, as by
 * the service. Does nothing for any other account, for a directory of root's own and for one that is not there. Throws
 * INSUFFICIENT_SCOPE where this root may not change its account.
 */
export async function becomeOwner(data: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  if (!existsSync(data)) (await import('../backup/finish-restore.ts')).finishRestore(data);
  const owner = statSync(data, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  const { uid, gid } = owner;
  const name = startedByAccount();
  try {
    takeGroups(uid, gid);
    process.setgid!(gid);
    process.setuid!(uid);
  } catch (error) {
    throw new Problem(
      'INSUFFICIENT_SCOPE',
      `${data} belongs to another account (uid ${uid}), which root cannot become here (${(error as NodeJS.ErrnoException).code}). Run the command as that account: ${asOwner({ folder: data, uid }, invocation)}`,
      { cause: error },
    );
  }
  startedBy = name;
  given = { data, uid };
  requireProgram(uid);
}

/** The rest of the program is loaded as that account. */
function requireProgram(uid: number): void {
  try {
    accessSync(import.meta.dirname, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw new Problem(
      'INSUFFICIENT_SCOPE',
      `The account that owns the data directory (uid ${uid}) may not read the program in ${productRoot()}: install Gatehouse where it may.`,
      { cause: error },
    );
  }
}

/** Those of the account, such as that of a GPU; the one of the directory where the machine knows no such account. */
function takeGroups(uid: number, gid: number): void {
  try {
    (process as unknown as { initgroups(user: number, group: number): void }).initgroups(uid, gid);
  } catch {
    process.setgroups!([gid]);
  }
}
