import { existsSync } from 'node:fs';
import type { Clock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import type { CurrentMaster } from './current-master.ts';
import type { KeyStore } from './key-store.ts';
import { masterKeyFile } from './master-key-file.ts';
import { PASSPHRASE_NOTE } from './master-record.ts';
import type { MasterPlaces } from './open-master.ts';
import { type Replacement, replaceMaster } from './rotate-master.ts';

/** What can be done with the master key in use. */
export interface MasterCare {
  state(): { id: string; kind: 'file' | 'passphrase'; path: string };
  prove(passphrase: string | undefined): Promise<void>;
  rotate(passphrase: string | undefined): Promise<Replacement>;
  toPassphrase(passphrase: string): Promise<Replacement>;
  changePassphrase(passphrase: string, next: string): Promise<void>;
  toFile(path: string | undefined): Promise<Replacement>;
}

export function createMasterCare(deps: {
  keys: KeyStore;
  master: CurrentMaster;
  places: MasterPlaces;
  clock: Clock;
}): MasterCare {
  const { master, places } = deps;
  return {
    state: () => ({ id: master.id, kind: master.provider.kind, path: master.provider.path }),
    async prove(passphrase) {
      if (master.provider.asks === 'passphrase') await master.provider.open('current', passphrase);
    },
    rotate: (passphrase) => replaceMaster(deps, master.provider, passphrase),
    toPassphrase: (passphrase) => replaceMaster(deps, places.passphrase, passphrase),
    async changePassphrase(passphrase, next) {
      await places.passphrase.change(passphrase, next);
      await deps.keys.replaceNote({ name: PASSPHRASE_NOTE, value: places.passphrase.carried('current') });
    },
    async toFile(path) {
      const file = path === undefined ? places.inFolder : masterKeyFile(path);
      if (existsSync(file.path)) {
        throw new Problem(
          'CONFLICT',
          `${file.path} is there already, and a key is never written over: name another file, or rotate the key in its place with "gatehouse master rotate".`,
        );
      }
      return replaceMaster(deps, file);
    },
  };
}
