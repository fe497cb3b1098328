import { Problem } from '../../lib/problem.ts';
import type { MasterKey } from '../master/master-key.ts';

const TRIES = 3;

/**
 * Wraps with the master key and writes what was wrapped. `write` gets the id of the master key and throws CONFLICT where that was
 * replaced meanwhile: then the new one wraps.
 */
export async function writeWrapped(
  master: Pick<MasterKey, 'id'>,
  write: (master: string) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      // Read before the wrapping: a row never names a newer master key than the one that wrapped it.
      return await write(master.id);
    } catch (error) {
      const replaced = error instanceof Problem && error.code === 'CONFLICT';
      if (!replaced || attempt === TRIES) throw error;
    }
  }
}
