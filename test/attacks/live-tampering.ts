import type { LiveState } from '../../service/engine/live/index.ts';
import { connectFrames, type FrameConnection, isState } from '../live/frame-connection.ts';
import { cooperative } from '../support/challenge-actor.ts';
import type { HeadScript } from '../support/challenge-frames.ts';
import { type LiveBox, pictureOf } from './live-box.ts';

/** One frame, before it is sent. */
interface Moment {
  /** Of the attempt, from 0. */
  index: number;
  step: LiveState['step'];
  at: number;
}

/** What a client does that the page does not. */
export interface Tampering {
  shows?(script: HeadScript, moment: Moment): HeadScript;
  /** The bytes of the frame, in place of those of what is shown. */
  bytes?(picture: Uint8Array, moment: Moment): Uint8Array;
  /** Its time. */
  at?(at: number, moment: Moment): number;
  /** Milliseconds of our clock from one frame to the next; 100 unless given. */
  pace?: number;
  /** Before the frame; false: no frame is sent any more in this attempt. */
  before?(moment: Moment, client: Client): Promise<boolean | undefined>;
}

export interface Client {
  token: string;
  connection: FrameConnection;
  post(path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Once more, in place of the connection. */
  reconnect(): Promise<void>;
}

const MOST_FRAMES = 260;
let names = 0;

export async function openClient(box: LiveBox, token: string): Promise<Client> {
  const client: Client = {
    token,
    connection: await connected(box, token),
    async post(path, body) {
      const reply = await fetch(`${box.url}/api/live/${path}`, {
        method: 'POST',
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          authorization: `Bearer ${token}`,
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
    },
    async reconnect() {
      client.connection.close();
      client.connection = await connected(box, token);
    },
  };
  return client;
}

async function connected(box: LiveBox, token: string): Promise<FrameConnection> {
  const connection = await connectFrames(box.url, { token });
  await connection.next();
  return connection;
}

/** Attempts, one after the other, until the session has its decision or no more can be begun. */
export async function goOn(box: LiveBox, client: Client, tampering: Tampering = {}): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (client.connection.closed) await client.reconnect();
    if (!(await runAttempt(box, client, tampering))) return;
  }
}

/** False: the session has its decision, or the client has no say in it any more. */
async function runAttempt(box: LiveBox, client: Client, tampering: Tampering): Promise<boolean> {
  client.connection.say({ is: 'start' });
  let state = await answer(client, undefined);
  let shown = { index: -1, at: 0 };
  for (let index = 0; state?.state === 'running' && index < MOST_FRAMES; index++) {
    const at = 1000 + 100 * index;
    const { step } = state;
    if (step && step.index !== shown.index) shown = { index: step.index, at };
    const moment = { index, step, at };
    if ((await tampering.before?.(moment, client)) === false) break;
    if (client.connection.closed) break;
    const script = cooperative(step as never, step ? at - shown.at : 0, at)!;
    const picture = pictureOf(tampering.shows?.(script, moment) ?? script, `frame ${++names}`);
    box.engine.advance(tampering.pace ?? 100);
    const bytes = tampering.bytes?.(picture, moment) ?? picture;
    client.connection.frame(bytes, tampering.at?.(at, moment) ?? at);
    state = await answer(client, state);
  }
  if (state?.state === 'running' && !client.connection.closed) client.connection.say({ is: 'stop' });
  return settled(box, client);
}

/** The state after a message; as before where the message was refused, undefined where the connection ended. */
async function answer({ connection }: Client, before: LiveState | undefined): Promise<LiveState | undefined> {
  const received = await connection.next();
  if (isState(received)) return received;
  return received.is === 'refused' ? before : undefined;
}

/** Whether another attempt is left, once the attempt is over. */
async function settled(box: LiveBox, { token }: Client): Promise<boolean> {
  for (;;) {
    const reply = await fetch(`${box.url}/api/live/state`, { headers: { authorization: `Bearer ${token}` } });
    const { state } = (await reply.json()) as LiveState;
    if (state === 'between' || state === 'ready') return true;
    if (state !== 'checking' && state !== 'running') return false;
    // Nothing is sent any more: time ends the attempt.
    if (state === 'running') box.engine.advance(16_000);
  }
}
