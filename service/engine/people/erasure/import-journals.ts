import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Journals of imports hold hashes over a person and a picture; imports go on without them by the pictures' marks. */
const folderIn = (data: string) => join(data, 'imports');

/** Of one organization and world. */
export async function removeJournal(
  data: string,
  { organization, world }: { organization: string; world: string },
): Promise<void> {
  await rm(join(folderIn(data), `${organization}-${world}.txt`), { force: true });
}

export const removeAllJournals = (data: string): Promise<void> =>
  rm(folderIn(data), { recursive: true, force: true });
