import { noAnswer, toRefusal } from '../../ui/refusal.ts';
import { recordInstead } from '../command/record.ts';

/** What needs the person before a request can be answered. Set once by the page; see `session/`. */
interface Gate {
  /** The session is over: shows the sign-in page, from which the reader comes back here. */
  signIn(): void;
  /** Asks for a passkey. False: the reader gave up. */
  proveAgain(): Promise<boolean>;
}

const state: { csrf: string | undefined; gate: Gate | undefined } = { csrf: undefined, gate: undefined };

export function setCsrf(csrf: string | undefined): void {
  state.csrf = csrf;
}
export function setGate(gate: Gate): void {
  state.gate = gate;
}

const isSafe = (method: string) => method === 'GET' || method === 'HEAD';

/**
 * Sends one request of the console: cookie, CSRF header. Throws a Refusal for every answer that is none of success. The end of a session
 * and the wish for a fresh second factor are handled here, for all screens.
 */
export async function send(request: Request): Promise<Response> {
  recordInstead(request);
  const again = request.clone();
  const answer = await dispatch(request);
  if (answer.ok) return answer;
  const refusal = await toRefusal(answer);
  if (refusal.status === 401 && !request.url.includes('/api/auth/')) state.gate?.signIn();
  if (refusal.code === 'FRESH_FACTOR_REQUIRED' && (await state.gate?.proveAgain())) {
    const second = await dispatch(again);
    if (second.ok) return second;
    throw await toRefusal(second);
  }
  throw refusal;
}

async function dispatch(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set('accept', 'application/json');
  if (!isSafe(request.method) && state.csrf !== undefined) headers.set('x-csrf-token', state.csrf);
  try {
    return await fetch(new Request(request, { headers, credentials: 'same-origin' }));
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw noAnswer(error);
  }
}
