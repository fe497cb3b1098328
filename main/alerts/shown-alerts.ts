import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const Ids = z.array(z.string().max(100)).max(10_000);

/**
 * Ids of the alerts that were shown, in a JSON file of this account alone. No file, or one that holds anything else: none were, and what is open
 * is shown again.
 */
export function createShownAlerts(path: string) {
  return {
    async read(): Promise<ReadonlySet<string>> {
      try {
        return new Set(Ids.parse(JSON.parse(await readFile(path, 'utf8'))));
      } catch (error) {
        const unreadable = error instanceof SyntaxError || error instanceof z.ZodError;
        if (unreadable || (error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
        throw error;
      }
    },
    /** On disk when it resolves; what was there stays whole until then. */
    async write(ids: ReadonlySet<string>): Promise<void> {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(`${path}.next`, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify([...ids]));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.next`, path);
    },
  };
}
