import { cookieOf } from './session-cookie.ts';

/** As the session cookie, of the browser that makes the first owner. */
const NAME = '__Host-gatehouse-setup';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Valid for a day, so that the assistant can continue after the browser was closed. */
export const toSetupCookie = (secret: string): string => `${NAME}=${secret}; Max-Age=86400; ${ATTRIBUTES}`;
export const endedSetupCookie = `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;
export const fromSetupCookie = (header: string | undefined): string | undefined => cookieOf(header, NAME);
