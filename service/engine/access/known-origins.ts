import type { Db } from '../../storage/transaction.ts';
import { selectOrigins } from './api-key-store.ts';
import { parseOrigin } from './new-key.ts';

/** The origins that keys are or were bound to, read once and again after `forget`. */
export function createKnownOrigins(db: Db) {
  let known: Promise<Set<string>> | undefined;
  return {
    async knows(origin: string): Promise<boolean> {
      const canonical = parseOrigin(origin);
      if (canonical === undefined) return false;
      known ??= selectOrigins(db).then((all) => new Set(all));
      known.catch(() => {
        known = undefined;
      });
      return (await known).has(canonical);
    },
    /** After keys have changed. */
    forget(): void {
      known = undefined;
    },
  };
}
