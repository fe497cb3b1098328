import type { Clock } from '../../lib/clock.ts';
import type { KioskId } from '../../lib/id.ts';
import { hashOf } from './device-sessions.ts';

/** Milliseconds in which the desktop app asks whether its kiosk may be left. */
const LIFE = 60_000;

export interface LeaveTokensDeps {
  clock: Clock;
  /** 256 random bits, base64url. */
  secret: () => string;
}

/** Proofs that an operator has just left a kiosk by PIN, in memory, each for one use. */
export function createLeaveTokens({ clock, secret }: LeaveTokensDeps) {
  const issued = new Map<string, { kiosk: KioskId; until: number }>();
  return {
    issue(kiosk: KioskId): string {
      for (const [key, { until }] of issued) if (until <= clock.now()) issued.delete(key);
      const token = `kiosk_left_${secret()}`;
      issued.set(hashOf(token), { kiosk, until: clock.now() + LIFE });
      return token;
    },
    /** The kiosk that was left. Undefined for a token that is unknown, used or too old. */
    redeem(token: string): KioskId | undefined {
      const found = issued.get(hashOf(token));
      issued.delete(hashOf(token));
      return found && found.until > clock.now() ? found.kiosk : undefined;
    },
  };
}
