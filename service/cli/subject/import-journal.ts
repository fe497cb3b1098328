import { createHash } from 'node:crypto';
import { appendFile, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { normalizeEmail } from '../../storage/email-address.ts';

/**
 * What an import has enrolled already, so that a second run need not look at it again. One file per organization and world
 * under `DATA/imports`; a line is a SHA-256 over person and picture, without a name. A line lost in a crash costs one more
 * inspection of a picture: the box recognizes by its mark a picture that it has. A reader with person and picture could
 * find by the hash that they were enrolled, so erasing a person of the world removes the file.
 */
export interface ImportJournal {
  has(person: string, picture: Uint8Array): boolean;
  add(person: string, picture: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export async function openImportJournal(
  data: string,
  organization: string,
  world: string,
): Promise<ImportJournal> {
  const folder = join(data, 'imports');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${organization}-${world}.txt`);
  await appendFile(path, '', { mode: 0o600 });
  const text = await readFile(path, 'utf8');
  const done = new Set(text.split('\n').filter((line) => line.length === 64));
  const file = await open(path, 'a', 0o600);
  // A run that was killed may have left half a line.
  if (text !== '' && !text.endsWith('\n')) await file.write('\n');
  const mark = (person: string, picture: Uint8Array) =>
    createHash('sha256')
      .update(`${organization}|${world}|${normalizeEmail(person)}|`)
      .update(picture)
      .digest('hex');
  return {
    has: (person, picture) => done.has(mark(person, picture)),
    async add(person, picture) {
      const line = mark(person, picture);
      done.add(line);
      await file.write(`${line}\n`);
    },
    close: () => file.close(),
  };
}
