import type { MasterKey } from './master-key.ts';
import type { MasterKeyProvider } from './master-key-provider.ts';

/** The master key in use: another one after a rotation. */
export interface CurrentMaster extends MasterKey {
  readonly provider: MasterKeyProvider;
  replace(by: MasterKey, provider: MasterKeyProvider): void;
}

export function createCurrentMaster(first: MasterKey, from: MasterKeyProvider): CurrentMaster {
  let key = first;
  let provider = from;
  return {
    get id() {
      return key.id;
    },
    get provider() {
      return provider;
    },
    wrap: (plain, bound) => key.wrap(plain, bound),
    unwrap: (wrapped, bound) => key.unwrap(wrapped, bound),
    replace(by, next) {
      key = by;
      provider = next;
    },
  };
}
