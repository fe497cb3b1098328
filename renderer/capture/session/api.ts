import { noAnswer, toRefusal } from '../../ui/refusal.ts';
import type {
  Begun,
  Description,
  Device,
  Handover,
  Link,
  LiveState,
  Path,
  Purpose,
  Result,
  Work,
} from './wire.ts';

/** Milliseconds until a request without an answer is given up. */
const PATIENCE = 15_000;

async function call<T>(path: string, body?: object, token?: string): Promise<T> {
  let reply: Response;
  try {
    reply = await fetch(`/api/live/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      credentials: 'omit',
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (error) {
    throw noAnswer(error);
  }
  if (!reply.ok) throw await toRefusal(reply);
  return (reply.status === 204 ? undefined : await reply.json().catch(() => undefined)) as T;
}

export interface NewBegin {
  link: Link;
  textVersion: string;
  /** Agreed to, where the text asks for some. */
  purposes?: Purpose[];
  path: Path;
  /** 256 random bits: with the same ones it is the same beginning again. */
  secret: string;
  /** Of the description. */
  work?: Work | undefined;
}

export interface FramesCommand {
  is?: 'start' | 'stop';
  device?: Device;
  frames: { image: string; time: number }[];
}

export const liveApi = {
  describe: (link: Link) =>
    link.kind === 'handover'
      ? call<Description>('handover/describe', { link: link.token })
      : call<Description>('describe', { link }),
  begin: async ({ work, ...order }: NewBegin) =>
    call<Begun>('begin', {
      ...(work && { proof: await doWork(work) }),
      ...order,
      consent: true,
      device: { userAgent: navigator.userAgent },
    }),
  deny: (link: Link, token?: string) =>
    call<{ redirect?: string; reference?: string }>('deny', { link }, token),
  handover: async (token: string): Promise<Handover> => {
    const { url, number, expiresAt } = await call<{ url: string; number: string; expiresAt: string }>(
      'handover',
      { token },
    );
    return { url: new URL(url, location.origin).href, number, expiresAt: Date.parse(expiresAt) };
  },
  accept: ({ token }: Link, number: string) => call<Begun>('handover/accept', { link: token, number }),
  state: (token: string) => call<LiveState>('state', undefined, token),
  frames: (token: string, order: FramesCommand) => call<LiveState>('frames', order, token),
  behavior: (token: string, data: object) => call<undefined>('behavior', data, token),
  finalize: (token: string) => call<Result>('finalize', {}, token),
};
export type LiveApi = typeof liveApi;

/** Hashes that are under way together. */
const TOGETHER = 512;

/** Finds an answer to the work that a further visit costs. Takes about 2 ** bits hashes. */
export async function doWork({ challenge, bits }: Work): Promise<{ challenge: string; answer: string }> {
  const encoder = new TextEncoder();
  const fits = async (answer: number) => {
    const hash = await crypto.subtle.digest('SHA-256', encoder.encode(`${challenge}.${answer}`));
    return new DataView(hash).getUint32(0) >>> (32 - bits) === 0;
  };
  for (let first = 0; ; first += TOGETHER) {
    const found = await Promise.all(Array.from({ length: TOGETHER }, (_, at) => fits(first + at)));
    const at = found.indexOf(true);
    if (at >= 0) return { challenge, answer: String(first + at) };
  }
}
