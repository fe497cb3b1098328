import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import type { KioskId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { isSignedBy, signedText } from './kiosk.ts';

/** Milliseconds for the device to sign. */
const CHALLENGE_LIFE = 60_000;
const SESSION_LIFE = 15 * 60_000;
/** Challenges at a time, over all devices: asking for one takes no credential. */
const MOST_CHALLENGES = 1_000;

interface DeviceSessionsDeps {
  clock: Clock;
  /** 256 random bits, base64url. */
  secret: () => string;
}

/** Sessions that devices open with their keys, in memory: fifteen minutes each, opened anew by another signature. */
export function createDeviceSessions({ clock, secret }: DeviceSessionsDeps) {
  const challenges = new Map<string, { kiosk: string; until: number }>();
  const sessions = new Map<string, { kiosk: KioskId; until: number }>();

  function tidy(): void {
    for (const [key, { until }] of challenges) if (until <= clock.now()) challenges.delete(key);
    for (const [key, { until }] of sessions) if (until <= clock.now()) sessions.delete(key);
    while (challenges.size >= MOST_CHALLENGES) challenges.delete(challenges.keys().next().value!);
  }

  return {
    /** Also for an unknown kiosk: the reply is the same. */
    challenge(kiosk: string): string {
      tidy();
      const challenge = secret();
      challenges.set(challenge, { kiosk, until: clock.now() + CHALLENGE_LIFE });
      return challenge;
    },

    /** Uses the challenge up. Throws SIGN_IN_REFUSED. `publicKey`: of the kiosk, if it may call. */
    open(kiosk: string, challenge: string, signature: string, publicKey: string | undefined) {
      const asked = challenges.get(challenge);
      challenges.delete(challenge);
      const timely = asked?.kiosk === kiosk && asked.until > clock.now();
      if (
        !timely ||
        publicKey === undefined ||
        !isSignedBy(publicKey, signedText(kiosk, challenge), signature)
      )
        throw new Problem('SIGN_IN_REFUSED', 'This device is not paired, or its pairing was revoked.');
      const token = `kiosk_session_${secret()}`;
      const until = clock.now() + SESSION_LIFE;
      sessions.set(hashOf(token), { kiosk: kiosk as KioskId, until });
      return { token, expiresAt: until };
    },

    find(token: string): { kiosk: KioskId; session: string } | undefined {
      const session = hashOf(token);
      const found = sessions.get(session);
      return found && found.until > clock.now() ? { kiosk: found.kiosk, session } : undefined;
    },

    endAll(kiosk: KioskId): void {
      for (const [key, one] of sessions) if (one.kiosk === kiosk) sessions.delete(key);
    },
  };
}

/** Secrets are kept as their hashes. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Milliseconds in which the desktop app asks whether its kiosk may be left. */
const LIFE = 60_000;

interface LeaveTokensDeps {
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
