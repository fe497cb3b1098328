import { type DeviceIdentity, sign } from './device-key.ts';

/** A refusal, or no answer at all (status 0). */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface KioskState {
  kiosk: { id: string; name: string; env: 'live' | 'test'; pinLocked: boolean };
  organization: string;
  /** In which a visit begins; absent: that of the device. */
  language?: 'en' | 'de';
  operator?: { name: string };
}

async function call<T>(path: string, body?: unknown, token?: string): Promise<T> {
  let reply: Response;
  try {
    reply = await fetch(`/api/kiosk/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      credentials: 'omit',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refusal(0, 'NO_ANSWER', '');
  }
  const answer = reply.status === 204 ? undefined : await reply.json().catch(() => undefined);
  if (reply.ok) return answer as T;
  throw new Refusal(reply.status, answer?.code ?? 'NO_ANSWER', answer?.reason ?? answer?.error ?? '');
}

export const pairing = {
  claim: (code: string, publicKey: string) =>
    call<{ claim: string; fingerprint: string }>('pair', { code, publicKey }),
  outcome: (claim: string) =>
    call<{ is: 'waiting' | 'ended' } | { is: 'paired'; kiosk: string }>('pair/outcome', { claim }),
};

export type KioskApi = ReturnType<typeof createKioskApi>;

/** All a paired device may ask. It opens a session with its key when there is none, or the one it had is over. */
export function createKioskApi(identity: DeviceIdentity) {
  let session: Promise<string> | undefined;
  async function open(): Promise<string> {
    const { kiosk } = identity;
    const { challenge } = await call<{ challenge: string }>('challenge', { kiosk });
    const signature = await sign(identity, challenge);
    return (await call<{ token: string }>('session', { kiosk, challenge, signature })).token;
  }
  async function ask<T>(path: string, body?: unknown): Promise<T> {
    for (let again = true; ; again = false) {
      session ??= open();
      const used = session;
      try {
        return await call<T>(path, body, await used);
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
    state: () => ask<KioskState>('state'),
    signIn: (email: string, pin: string) => ask<{ operator: { name: string } }>('operator', { email, pin }),
    /** `email`: of another operator than the one who is signed in. The token proves to the desktop app that the kiosk was left. */
    leave: (pin: string, email?: string) =>
      ask<{ token: string }>('leave', { pin, ...(email !== undefined && { email }) }),
    consent: () => ask<{ version: string; text: Record<'en' | 'de', string[]> }>('consent'),
    openCapture: () => ask<{ token: string }>('captures', {}),
    enroll: (order: {
      email: string;
      name?: string;
      picture: string;
      consent?: { textVersion: string; method: 'typed-name' };
    }) => ask<{ pictures: number }>('enroll', order),
    verify: (order: { email?: string; picture: string }) =>
      ask<{ verified: boolean; reference: string }>('verify', order),
  };
}

export async function toBase64(picture: Blob): Promise<string> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
