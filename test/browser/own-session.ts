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

interface Account {
  email: string;
  name: string;
  role: string;
  applianceOwner?: boolean;
  password: string;
}

/** Headers of a session with a fresh second factor: of an account that sets a password by its one-time code, signs in, and adds a passkey. */
export async function openSession(box: RunningBox, account: Account) {
  return (await openLasting(box, account)).headers;
}

async function openLasting({ pagesUrl, operatorUrl }: RunningBox, { password, ...account }: Account) {
  const { email } = account;
  const { body: made } = await post(`${operatorUrl}/api/admin/administrators`, account);
  await post(`${pagesUrl}/api/auth/password/code`, { email, code: made.code, password });
  const { body: session, cookie } = await post(`${pagesUrl}/api/auth/login`, {
    email,
    password,
    cookie: true,
  });
  if (cookie === undefined) throw new Error('Signing in gave no cookie.');
  const headers = { cookie, origin: pagesUrl, 'x-csrf-token': String(session.csrf) };
  const passkeys = `${pagesUrl}/api/auth/2fa/passkey`;
  const { body: asked } = await post(`${passkeys}/register-options`, {}, headers);
  const options = asked.options as Parameters<ReturnType<typeof createAuthenticator>['create']>[0];
  const authenticator = createAuthenticator();
  const credential = authenticator.create(options, { origin: pagesUrl });
  await post(`${passkeys}/register`, { credential, name: 'Laptop' }, headers);
  return {
    headers,
    async proveAgain() {
      const { body } = await post(`${pagesUrl}/api/auth/step-up/options`, {}, headers);
      const request = body.options as Parameters<typeof authenticator.get>[0];
      const assertion = authenticator.get(request, { origin: pagesUrl });
      await post(`${pagesUrl}/api/auth/step-up`, { credential: assertion }, headers);
    },
  };
}

/** An owner of the box with recovery codes, as a browser has the session. */
export async function openOwnSession(box: RunningBox): Promise<SessionCookie> {
  return (await openLastingSession(box)).cookie;
}

/** The same; its second factor can be proven again, without which some pages ask for a passkey after five minutes. */
export async function openLastingSession(
  box: RunningBox,
): Promise<{ cookie: SessionCookie; proveAgain(): Promise<void> }> {
  const { pagesUrl } = box;
  const { email, name, password } = owner;
  const { headers, proveAgain } = await openLasting(box, {
    email,
    name,
    password,
    role: 'owner',
    applianceOwner: true,
  });
  await post(`${pagesUrl}/api/auth/recovery-codes`, {}, headers);
  const [key = '', value = ''] = headers.cookie.split('=', 2);
  return { cookie: { name: key, value, url: pagesUrl.replace('http:', 'https:') }, proveAgain };
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
