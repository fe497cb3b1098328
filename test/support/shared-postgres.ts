import type { TestProject } from 'vitest/node';
import { findPostgres, startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the PostgreSQL that the files of this run share; absent where it is not installed. */
    postgres?: string;
  }
}

/** Starts one PostgreSQL for all files of the project: each makes databases of its own in it. */
export default async function sharePostgres(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const binaries = findPostgres();
  if (binaries === undefined) return undefined;
  const server = await startPostgres(binaries);
  project.provide('postgres', server.folder);
  return server.stop;
}
