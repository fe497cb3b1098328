import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './failure.ts';
import { invocation } from './invocation.ts';
import { userPath } from './user-path.ts';

/** The file that was named. Throws for a folder, with the newest backup in it and the `command` to write. */
export function backupPath(given: string, command: string): string {
  const path = userPath(given);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  // Their names begin with the time.
  const newest = readdirSync(path)
    .filter((name) => /^gatehouse-\d.*\.backup$/.test(name))
    .sort()
    .at(-1);
  if (newest === undefined)
    throw new UsageError(`${path} is a folder, and no backup (gatehouse-….backup) lies in it.`);
  throw new UsageError(
    `${path} is a folder: name a file. The newest backup in it:\n  ${invocation} ${command} ${join(path, newest)}`,
  );
}
