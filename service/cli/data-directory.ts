import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../lib/problem.ts';
import { asOwner, foreignOwner } from './directory-owner.ts';
import { UsageError } from './failure.ts';
import { invocation } from './invocation.ts';
import { userPath } from './user-path.ts';

/** `--data`, else GATEHOUSE_DATA, else ~/.local/share/gatehouse. Absolute. */
export function dataDirectory(
  flag: string | undefined,
  env: Record<string, string | undefined> = process.env,
  home = homedir(),
): string {
  const given = flag ?? env.GATEHOUSE_DATA;
  return given === undefined || given === ''
    ? join(home, '.local', 'share', 'gatehouse')
    : userPath(given, env);
}

/** Gatehouse has been started or initialized here before. */
export function isInitialized(directory: string): boolean {
  return ['master.key', 'master-passphrase.json', 'node.json', 'keys.db', 'gatehouse.db'].some((file) =>
    existsSync(join(directory, file)),
  );
}

/** A mistyped `--data` must not quietly make an empty box. */
export async function requireInitialized(directory: string): Promise<void> {
  const { finishRestore } = await import('../backup/finish-restore.ts');
  finishRestore(directory);
  if (isInitialized(directory)) return;
  refuseForeign(directory);
  throw new UsageError(
    `There is no Gatehouse in ${directory}. Give its directory with --data DIR (or GATEHOUSE_DATA), or make one:\n` +
      `  ${invocation} init --data ${directory} --org "My organization"`,
  );
}

/** For an account that may not read the directory: "nothing is there" would be false. */
function refuseForeign(directory: string): void {
  const foreign = foreignOwner(directory);
  if (!foreign || canRead(foreign.folder)) return;
  throw new Problem(
    'INSUFFICIENT_SCOPE',
    `${foreign.folder} belongs to another account (uid ${foreign.uid}). Run the command as that account: ${asOwner(foreign, invocation)}`,
  );
}

function canRead(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
