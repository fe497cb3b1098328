import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the processes of one run of Vitest share; `setup` makes it and sets `TEST_FOLDER_OF_RUN`. */
export function folderOfRun(): string {
  const folder = process.env.TEST_FOLDER_OF_RUN;
  if (folder === undefined) throw new Error('The project of this test has no folder of the run.');
  return folder;
}

export default function setup(): (() => void) | undefined {
  if (process.env.TEST_FOLDER_OF_RUN !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-run-'));
  process.env.TEST_FOLDER_OF_RUN = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
