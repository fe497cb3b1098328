import type { components, paths } from '../../sdk/admin/page-paths.ts';
import { noAnswer, Refusal, toRefusal } from '../ui/refusal.ts';
import { type DeviceIdentity, sign } from './device-key.ts';

export type KioskState = components['schemas']['KioskState'];

type Json<Content> = Content extends { content: { 'application/json': infer Value } } ? Value : never;
type Route = { [Path in keyof paths]: Path extends `/api/kiosk/${infer Name}` ? Name : never }[keyof paths];
type Operation<Of extends Route> = paths[`/api/kiosk/${Of}`] extends infer Item
  ? Item extends { post: infer Post }
    ? Post
    : Item extends { get: infer Get }
      ? Get
      : never
  : never;
type Body<Of extends Route> = Operation<Of> extends { requestBody: infer Sent } ? Json<Sent> : object;
type Reply<Of extends Route> =
  Operation<Of> extends { responses: infer Replies } ? Json<Replies[keyof Replies & (200 | 201)]> : never;

/** Milliseconds until a request without an answer is given up; one with a picture is larger, and waits its turn for the models. */
const PATIENCE = { all: 15_000, picture: 30_000 };

interface Call {
  token?: string;
  patience?: number;
  /** Aborts once no answer is wanted. */
  until?: AbortSignal | undefined;
}

async function call<Of extends Route>(
  path: Of,
  body?: Body<Of>,
  { token, patience = PATIENCE.all, until }: Call = {},
): Promise<Reply<Of>> {
  const late = AbortSignal.timeout(patience);
  try {
    const reply = await fetch(`/api/kiosk/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      credentials: 'omit',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: until ? AbortSignal.any([until, late]) : late,
    });
    if (!reply.ok) throw await toRefusal(reply);
    return (await reply.json()) as Reply<Of>;
  } catch (error) {
    throw error instanceof Refusal ? error : noAnswer(error);
  }
}

export const pairing = {
  claim: (code: string, publicKey: string) => call('pair', { code, publicKey }),
  outcome: (claim: string, until: AbortSignal) => call('pair/outcome', { claim }, { until }),
};

export type KioskApi = ReturnType<typeof createKioskApi>;

/**
 * All a paired device may ask. It opens a session with its key when there is none, or the one it had is over. `until` aborts once the screen
 * that asks is gone: then the request is taken back, and its answer is dropped.
 */
export function createKioskApi(identity: DeviceIdentity) {
  let session: Promise<string> | undefined;
  async function open(): Promise<string> {
    const { kiosk } = identity;
    const { challenge } = await call('challenge', { kiosk });
    const signature = await sign(identity, challenge);
    return (await call('session', { kiosk, challenge, signature })).token;
  }
  async function ask<Of extends Route>(path: Of, body?: Body<Of>, more?: Call): Promise<Reply<Of>> {
    for (let again = true; ; again = false) {
      session ??= open();
      const used = session;
      try {
        return await call(path, body, { ...more, token: await used });
      } catch (error) {
        const over = error instanceof Refusal && error.code === 'MISSING_AUTH';
        if (
          session === used &&
          (over ||
            !(await used.then(
              () => true,
              () => false,
            )))
        )
          session = undefined;
        if (!over || !again) throw error;
      }
    }
  }
  return {
    state: () => ask('state'),
    signIn: (email: string, pin: string, until: AbortSignal) => ask('operator', { email, pin }, { until }),
    /** `email`: of another operator than the one who is signed in. The token proves to the desktop app that the kiosk was left. */
    leave: (pin: string, email: string | undefined, until: AbortSignal) =>
      ask('leave', { pin, email }, { until }),
    consent: (until: AbortSignal) => ask('consent', undefined, { until }),
    openCapture: () => ask('captures', {}),
    enroll: (order: Body<'enroll'>, until: AbortSignal) =>
      ask('enroll', order, { until, patience: PATIENCE.picture }),
    verify: (order: Body<'verify'>, until: AbortSignal) =>
      ask('verify', order, { until, patience: PATIENCE.picture }),
  };
}
