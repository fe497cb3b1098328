import type { KioskCaller } from '../../engine/access/index.ts';
import { Problem } from '../../lib/problem.ts';
import type { AccessList } from '../route-access.ts';

/** Finds the kiosk of a session token; undefined if the session has ended or the kiosk was revoked. */
export interface KioskSessions {
  byToken(token: string): Promise<KioskCaller | undefined>;
}

/** As the engine makes them; no API key has this prefix. */
export const isKioskToken = (credential: string): boolean => credential.startsWith('kiosk_session_');

/** Throws MISSING_AUTH for a token that is not valid, INSUFFICIENT_SCOPE where no kiosk may call, or none without an operator. */
export async function kioskByToken(
  kiosks: KioskSessions,
  token: string,
  { kiosk: needed }: AccessList,
): Promise<KioskCaller> {
  const caller = await kiosks.byToken(token);
  if (!caller)
    throw new Problem('MISSING_AUTH', 'The session of the kiosk has ended: the device opens another.');
  if (needed === undefined) throw new Problem('INSUFFICIENT_SCOPE', 'A kiosk may not call this.');
  if (needed === 'operator' && caller.operator === undefined)
    throw new Problem('INSUFFICIENT_SCOPE', 'No operator is signed in at this kiosk.');
  return caller;
}
