import { resolve } from 'node:path';
import { UsageError } from './failure.ts';

/**
 * A path as the person typed it. `npm run` moves into the package's folder and keeps where the person stood in INIT_CWD; the
 * variable is inherited, so it counts only when npm ran this very command. Throws for an empty one, such as a variable of a shell that is not set:
 * it would be the current folder.
 */
export function userPath(
  path: string,
  env: Record<string, string | undefined> = process.env,
  cwd = process.cwd(),
): string {
  if (path === '') throw new UsageError('A path is empty. Was it a variable that is not set?');
  const ours = ['gatehouse', 'start', 'dev:service', 'generate'].includes(env.npm_lifecycle_event ?? '');
  return resolve(ours && env.INIT_CWD ? env.INIT_CWD : cwd, path);
}
