import type { KioskCaller, SessionCaller } from '../../engine/accounts/index.ts';
import { Problem } from '../../lib/problem.ts';
import type { AccessList } from '../route-access.ts';

/** Finds the session of a person by the capability of its browser; undefined for an unknown one. */
export interface PersonSessions {
  byToken(token: string): Promise<SessionCaller | undefined>;
}

/** 256 bits as text, which no API key is. */
export const isCapability = (credential: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(credential);

/** Throws MISSING_AUTH for an unknown capability, ORIGIN_NOT_ALLOWED for the page of an origin that the session is not bound to. */
export async function personByToken(
  sessions: PersonSessions,
  token: string,
  { origin, host }: { origin: string | undefined; host: string },
): Promise<SessionCaller> {
  const caller = await sessions.byToken(token);
  if (!caller)
    throw new Problem('MISSING_AUTH', 'The token of the session is not valid, or the session is over.');
  const isOwn = origin === undefined || URL.parse(origin)?.host === host;
  if (isOwn || caller.origins.includes(origin)) return caller;
  throw new Problem(
    'ORIGIN_NOT_ALLOWED',
    `This session may not be used from ${origin}: create it with a key that is bound to this origin.`,
  );
}

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
