import { hash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { isReplay, type SessionData, vectorFingerprint } from '../behavior/index.ts';
import type { VerdictRealm } from './verdict.ts';
import { type EarlierWindow, insertWindows, type SeenWindow, selectWindow } from './window-store.ts';

/** A look at one window. Until `release` is called, the same vector counts as seen. */
export interface Look {
  replayed: boolean;
  /** The row of the first sight; undefined for a copy, and for a window that measured too little to name. */
  first?: SeenWindow;
  release(): void;
}

/** Recognizes copies of windows. */
export interface Windows {
  look(from: Db | Tx, realm: VerdictRealm, data: SessionData): Promise<Look>;
  /** Looks, and remembers in the same transaction. */
  replayed(tx: Tx, realm: VerdictRealm, data: SessionData): Promise<boolean>;
}

export function createWindows({ clock }: { clock: Clock }): Windows {
  /** First seen by requests that are not answered yet. */
  const held = new Map<string, SeenWindow>();
  const nothing = () => {};

  function toWindow(realm: VerdictRealm, data: SessionData): SeenWindow | undefined {
    const fingerprint = vectorFingerprint(data);
    if (fingerprint === undefined) return undefined;
    const { organization, world } = realm;
    return {
      ...{ organization, world, fingerprint, seq: data.seq, upMs: data.upMs },
      ...{ sidHash: hashSid(realm, data.sid), seenAt: clock.now() },
    };
  }

  return {
    async look(from, realm, data) {
      const window = toWindow(realm, data);
      if (!window) return { replayed: false, release: nothing };
      const name = nameOf(window);
      // Another request may begin to hold it while the database is asked.
      const earlier =
        held.get(name) ?? (await selectWindow(from, realm, window.fingerprint)) ?? held.get(name);
      if (earlier) return { replayed: isCopy(earlier, window, data), release: nothing };
      held.set(name, window);
      return { replayed: false, first: window, release: () => void held.delete(name) };
    },
    async replayed(tx, realm, data) {
      const window = toWindow(realm, data);
      if (!window) return false;
      const earlier = await selectWindow(tx, realm, window.fingerprint);
      if (earlier) return isCopy(earlier, window, data);
      await insertWindows(tx, [window]);
      return false;
    },
  };
}

const isCopy = ({ sidHash, seq, upMs }: EarlierWindow, window: SeenWindow, data: SessionData): boolean =>
  isReplay({ sid: sidHash === window.sidHash ? data.sid : '', seq, upMs }, data);

const nameOf = ({ organization, world, fingerprint }: SeenWindow) =>
  `${organization} ${world} ${fingerprint}`;

/** The page chose it at random; the hash keeps it out of the database all the same. */
const hashSid = ({ organization, world }: VerdictRealm, sid: string): string =>
  hash('sha256', `${organization}\n${world}\n${sid}`, 'base64url').slice(0, 22);
