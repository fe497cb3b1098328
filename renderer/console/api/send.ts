import type { Schemas } from '../../../sdk/admin/client.ts';
import { noAnswer, Refusal, toRefusal } from '../../ui/refusal.ts';
import { recordInstead } from '../command/record.ts';
import { refusalOf } from './answer-lost.ts';

/** What needs the person before a request can be answered. Set once by the page; see `session/`. */
interface Gate {
  /** The session is over: shows the sign-in page, from which the reader comes back here. */
  signIn(): void;
  /** Asks for a passkey. False: the reader gave up. */
  proveAgain(): Promise<boolean>;
}

/** `csrf`: the value of the header; `account`: id of the administrator. */
type Signed = { csrf?: string | undefined; account?: string };

const state: { signed: Signed; gate: Gate | undefined } = { signed: {}, gate: undefined };

export function setSigned(signed: Signed): void {
  state.signed = signed;
}
export function setGate(gate: Gate): void {
  state.gate = gate;
}

const isSafe = (method: string) => method === 'GET' || method === 'HEAD';

/**
 * Sends one request of the console: cookie, CSRF header. Throws a Refusal for every answer that is none of success. The end of a session,
 * a session that another tab opened, and the wish for a fresh second factor are handled here, for all screens.
 */
export async function send(request: Request): Promise<Response> {
  recordInstead(request);
  let sentWith: string | undefined;
  const remedies = new Map([
    ['CSRF_REFUSED', async () => (await renewSigned(request.url)) !== sentWith],
    ['FRESH_FACTOR_REQUIRED', async () => state.gate?.proveAgain()],
  ]);
  for (;;) {
    sentWith = state.signed.csrf;
    const answer = await dispatch(request.clone());
    if (answer.ok) return answer;
    const refusal = await toRefusal(answer);
    if (refusal.status === 401 && !request.url.includes('/api/auth/')) state.gate?.signIn();
    const remedy = remedies.get(refusal.code);
    remedies.delete(refusal.code);
    if (await remedy?.()) continue;
    if (refusal.code === 'CSRF_REFUSED') throw outOfDate(refusal);
    throw refusalOf(refusal, request);
  }
}

/** What the box says of the header is for developers. */
const outOfDate = ({ status, body }: Refusal) =>
  new Refusal(status, { ...body, error: 'This page is out of date. Load it again, then repeat this.' });

/** Another tab may have signed in. Takes the value of its session where the account is the same; the value. */
async function renewSigned(url: string): Promise<string | undefined> {
  const answer = await dispatch(new Request(new URL('/api/auth/session', url)));
  if (answer.status === 401) state.gate?.signIn();
  if (!answer.ok) throw await toRefusal(answer);
  const { csrf, user } = (await answer.json()) as Schemas['AdministratorSession'];
  const { signed } = state;
  if (signed.account !== undefined && signed.account !== user.id)
    throw new Refusal(403, {
      code: 'OTHER_ACCOUNT',
      error: `This browser is now signed in as ${user.email}.`,
      email: user.email,
    });
  setSigned({ csrf, account: user.id });
  return csrf;
}

async function dispatch(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set('accept', 'application/json');
  const { csrf } = state.signed;
  const changes = !isSafe(request.method);
  if (changes && csrf !== undefined) headers.set('x-csrf-token', csrf);
  try {
    const answer = await fetch(new Request(request, { headers, credentials: 'same-origin' }));
    // An answer that breaks off is none: what it says is not known.
    if (changes) await answer.clone().arrayBuffer();
    return answer;
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw refusalOf(noAnswer(error), request);
  }
}
