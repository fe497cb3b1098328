import { hash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { createRecent } from '../../lib/collections/recent.ts';
import type { SteadyClock } from '../../lib/machine/steady-clock.ts';
import type { Tx } from '../../storage/transaction.ts';
import {
  followPage,
  isReplay,
  type PageProgress,
  type SessionData,
  vectorFingerprint,
} from '../behavior/index.ts';
import type { VerdictRealm } from './verdict.ts';
import { addWindow } from './verdict-store.ts';

/** Recognizes copies of windows, and windows that do not follow from the last one of their page. */
export interface Windows {
  /** Whether it does not follow from the last one of its page; it is that from now on. */
  outOfOrder(realm: VerdictRealm, data: SessionData): boolean;
  /** Whether the same figures were measured before, in another window. The first sight is remembered in `tx`. */
  isCopy(tx: Tx, realm: VerdictRealm, data: SessionData): Promise<boolean>;
}

/** Pages whose last window is remembered, in memory: at least half of these. */
const PAGES = 40_000;

export function createWindows({ clock, steady }: { clock: Clock; steady: SteadyClock }): Windows {
  /** By the hash of the `sid`. */
  const pages = createRecent<string, PageProgress>(PAGES);

  return {
    outOfOrder(realm, data) {
      const sidHash = hashSid(realm, data.sid);
      const arrived = { now: steady.now(), begun: steady.begun };
      const { progress, contradicts } = followPage(pages.get(sidHash), data, arrived);
      pages.set(sidHash, progress);
      return contradicts;
    },
    async isCopy(tx, realm, data) {
      const fingerprint = vectorFingerprint(data);
      // Too little was measured to know it again.
      if (fingerprint === undefined) return false;
      const { organization, world } = realm;
      const { seq, upMs, sid } = data;
      const sidHash = hashSid(realm, sid);
      const window = { organization, world, fingerprint, sidHash, seq, upMs, seenAt: clock.now() };
      const earlier = await addWindow(tx, window);
      return (
        earlier !== undefined && isReplay({ ...earlier, sid: earlier.sidHash === sidHash ? sid : '' }, data)
      );
    },
  };
}

/** The page chose it at random; the hash keeps it out of the database all the same. */
const hashSid = ({ organization, world }: VerdictRealm, sid: string): string =>
  hash('sha256', `${organization}\n${world}\n${sid}`, 'base64url').slice(0, 22);
