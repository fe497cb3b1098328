/** `__Host-`: of this host alone, over TLS; browsers take it over plain HTTP from loopback names only. */
const NAME = '__Host-gatehouse-session';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Gone when the browser ends; the service ends the session earlier. */
export const toSessionCookie = (secret: string): string => `${NAME}=${secret}; ${ATTRIBUTES}`;

/** Makes the browser forget the cookie. */
export const endedSessionCookie = `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;

/** The secret of a session, from the header `Cookie`. */
export const fromSessionCookie = (header: string | undefined): string | undefined => cookieOf(header, NAME);

/** The value of the first cookie of this name. */
export function cookieOf(header: string | undefined, wanted: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [name, value] = part.trim().split('=', 2);
    if (name === wanted && value !== undefined && value !== '') return value;
  }
  return undefined;
}
