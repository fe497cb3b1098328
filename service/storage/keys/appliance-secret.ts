import { Problem } from '../../lib/problem.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { KeyStore } from './key-store.ts';
import { secretBound, writeWrapped } from './wrapped-key.ts';

export interface ApplianceSecretDeps {
  keys: Pick<KeyStore, 'secrets' | 'addSecret' | 'replaceSecret'>;
  master: MasterKey;
}

/** One secret of the appliance by its name, wrapped by the master key. `details` are not secret. */
export function createApplianceSecret(name: string, { keys, master }: ApplianceSecretDeps) {
  const find = async () => (await keys.secrets()).find((secret) => secret.name === name);
  return {
    /** Undefined where there is none. Throws SEALED when another master key wrapped it. */
    async load(): Promise<{ secret: Uint8Array; details: string } | undefined> {
      const found = await find();
      if (!found) return undefined;
      const secret = await master.unwrap(found.wrapped, secretBound(name));
      if (secret) return { secret, details: found.details };
      throw new Problem(
        'SEALED',
        `The secret "${name}" of the key store does not open with the master key ${master.id}: put back the newest copy of the key store, and the master key that belongs to it (${found.master}).`,
      );
    },
    /** Nothing where there is one. */
    add: ({ secret, details }: { secret: Uint8Array; details: string }): Promise<void> =>
      writeWrapped(master, async (id) => {
        const wrapped = await master.wrap(secret, secretBound(name));
        await keys.addSecret({ name, master: id, wrapped, details });
      }),
    /** In the place of the one before, which is not readable afterwards. */
    save: ({ secret, details }: { secret: Uint8Array; details: string }): Promise<void> =>
      writeWrapped(master, async (id) => {
        const row = { name, master: id, wrapped: await master.wrap(secret, secretBound(name)), details };
        const added = !(await find()) && (await keys.addSecret(row));
        if (!added) await keys.replaceSecret(row);
      }),
  };
}
