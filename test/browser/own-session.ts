import { createAuthenticator } from '../support/authenticator.ts';
import type { RunningBox } from './running-box.ts';
import { owner } from './setup-walk.ts';

/** The cookie of a session, as browser contexts take it. */
export interface SessionCookie {
  name: string;
  value: string;
  url: string;
}

interface Reply {
  body: Record<string, unknown>;
  cookie?: string;
}

/**
 * Makes an owner of the box, who sets a password by the one-time code, signs in, and adds a passkey and recovery codes: a session with a fresh second factor,
 * as a browser has it.
 */
export async function openOwnSession({ pagesUrl, operatorUrl }: RunningBox): Promise<SessionCookie> {
  const { email, name, password } = owner;
  const account = { email, name, role: 'owner', applianceOwner: true };
  const { body: made } = await post(`${operatorUrl}/api/admin/administrators`, account);
  await post(`${pagesUrl}/api/auth/password/code`, { email, code: made.code, password });
  const { body: session, cookie } = await post(`${pagesUrl}/api/auth/login`, {
    ...{ email, password, cookie: true },
  });
  if (cookie === undefined) throw new Error('Signing in gave no cookie.');
  const headers = { cookie, origin: pagesUrl, 'x-csrf-token': String(session.csrf) };
  const passkeys = `${pagesUrl}/api/auth/2fa/passkey`;
  const { body: asked } = await post(`${passkeys}/register-options`, {}, headers);
  const options = asked.options as Parameters<ReturnType<typeof createAuthenticator>['create']>[0];
  const credential = createAuthenticator().create(options, { origin: pagesUrl });
  await post(`${passkeys}/register`, { credential, name: 'Laptop' }, headers);
  await post(`${pagesUrl}/api/auth/recovery-codes`, {}, headers);
  const [key = '', value = ''] = cookie.split('=', 2);
  return { name: key, value, url: pagesUrl.replace('http:', 'https:') };
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Reply> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  const [cookie] = answer.headers.getSetCookie();
  return {
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    ...(cookie !== undefined && { cookie: cookie.split(';', 1)[0] ?? '' }),
  };
}
