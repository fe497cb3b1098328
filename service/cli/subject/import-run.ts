import { readFile } from 'node:fs/promises';
import {
  type ImportOutcome,
  runImport as runSharedImport,
  type ImportDeps as SharedDeps,
  UnreadablePicture,
} from '../../../sdk/admin/bulk-import/run-import.ts';
import { Problem } from '../../lib/problem.ts';
import type { ImportEntry } from './import-list.ts';

export type { ImportOutcome };

/** `addressOf` and `enroll` throw Problem. */
export type ImportDeps = Omit<SharedDeps, 'refusalOf'>;

/** Enrolls the pictures of files; as the import of the pages does. Throws what stops the whole import. */
export const runImport = (entries: readonly ImportEntry[], deps: ImportDeps): Promise<ImportOutcome[]> =>
  runSharedImport(
    entries.map(({ file, ...entry }) => ({ ...entry, read: () => readPicture(file) })),
    { ...deps, refusalOf },
  );

/** As the list names it, else as another system writes the same path: other forms of its letters, other separators. */
const spellingsOf = (file: string): Set<string> =>
  new Set(
    [file, file.normalize('NFC'), file.normalize('NFD')].flatMap((one) => [one, one.replaceAll('\\', '/')]),
  );

async function readPicture(file: string): Promise<Uint8Array<ArrayBuffer>> {
  for (const path of spellingsOf(file)) {
    try {
      return await readFile(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') throw new UnreadablePicture(`The file cannot be read (${code}).`);
    }
  }
  throw new UnreadablePicture(`There is no such file: ${file}`);
}

function refusalOf(error: unknown): { code: string; reason: string } | undefined {
  if (!(error instanceof Problem)) return undefined;
  const { code, message, extra } = error;
  const { reason } = extra;
  return {
    code,
    reason: reason === undefined || reason === message ? message : `${message} ${reason}`,
  };
}
