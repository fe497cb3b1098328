import { Problem } from '../../lib/problem.ts';
import type { Unlock } from './open-master.ts';
import { readSecretFile } from './secret-file.ts';

/** The first and only line of a file that only its owner may read; `env` as for `readSecretFile`. Throws SEALED, naming the file and the remedy. */
export function readPassphraseFile(path: string, env?: Record<string, string | undefined>): string {
  const text = readSecretFile(path, 'The passphrase file', env).replace(/\r?\n$/, '');
  if (text !== '' && !/[\r\n]/.test(text)) return text;
  throw new Problem(
    'SEALED',
    `The passphrase file ${path} must hold the passphrase, on one line, and nothing else.`,
  );
}

/** Reads the passphrase from a file, such as a systemd credential. */
export const unlockFromFile =
  (path: string): Unlock =>
  async (open) => {
    try {
      await open(readPassphraseFile(path));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'WRONG_PASSPHRASE') throw error;
      throw new Problem(
        'WRONG_PASSPHRASE',
        `${path} does not hold the passphrase of the master key: correct it, or start without it and run "gatehouse unseal".`,
      );
    }
  };
