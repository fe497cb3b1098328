import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import { COPY_NAME } from '../key-copies/key-copy-file.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { CurrentMaster } from './current-master.ts';
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
      if (path !== undefined) requireOwnPlace(file.path, places.inFolder.path);
      return replaceMaster(deps, file);
    },
  };
}

/** Files that come and go by themselves lie in the data directory and beside a copy of the key store: a key among them is lost. */
function requireOwnPlace(path: string, inFolder: string): void {
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem(
      'INVALID_REQUEST',
      `${folder} is not there: mount the medium, or make the folder first.`,
    );
  }
  const real = realpathSync(folder);
  const data = realpathSync(dirname(inFolder));
  const inside = real === data || real.startsWith(data + sep);
  if (
    inside
      ? join(real, basename(path)) !== join(data, basename(inFolder))
      : basename(path).startsWith(COPY_NAME)
  ) {
    throw new Problem(
      'INVALID_REQUEST',
      `${path} is where Gatehouse keeps files of its own: name another file, on another medium.`,
    );
  }
}
