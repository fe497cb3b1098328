import { Refusal } from '../../ui/refusal.ts';
import type { LiveApi } from './api.ts';
import type { BehaviorReport } from './behavior.ts';
import type { Connection, ConnectionDeps } from './connection.ts';
import type { OpenerMessage } from './ending.ts';
import type { Memory, Remembered } from './link.ts';
import { createSlowness } from './slowness.ts';
import { type Trouble, troubleOf, type View } from './view.ts';
import type { Begun, Description, Link, LiveState, Path, Result } from './wire.ts';

export interface LiveSessionDeps {
  api: LiveApi;
  link: Link | undefined;
  memory: Memory;
  connect(deps: ConnectionDeps): Connection;
  behavior?: BehaviorReport;
  /** To the page that waits for the result. */
  post(origins: readonly string[], message: Omit<OpenerMessage, 'source'>): void;
}

/** What this page knows of its one check. */
export interface Room extends LiveSessionDeps {
  view: View;
  listeners: Set<() => void>;
  token: string | undefined;
  sessionId: string | undefined;
  connection: Connection | undefined;
  following: ReturnType<typeof setTimeout> | undefined;
  slowness: ReturnType<typeof createSlowness>;
}

/** Milliseconds between two looks at a session that goes on elsewhere. */
const FOLLOW = 1_500;

export const createRoom = (deps: LiveSessionDeps): Room => ({
  ...deps,
  view: {
    stage: { is: 'loading' },
    connected: false,
    busy: false,
    second: deps.link?.kind === 'handover',
  },
  listeners: new Set(),
  token: undefined,
  sessionId: undefined,
  connection: undefined,
  following: undefined,
  slowness: createSlowness(),
});

/** What the person ended stays ended, whatever was under way meanwhile. */
export function show(room: Room, { stage, ...change }: Partial<View>): void {
  const left = room.view.stage.is === 'left';
  room.view = { ...room.view, ...change, ...(stage && !left && { stage }) };
  for (const changed of room.listeners) changed();
}

/** Nothing is sent or asked any more. */
export function stop(room: Room): void {
  clearTimeout(room.following);
  room.following = undefined;
  room.connection?.close();
  room.connection = undefined;
  room.behavior?.stop();
}

/** Where the session asks for it, and the person has agreed. */
export function collect(room: Room): void {
  if (room.view.description?.behavior) room.behavior?.start();
}

export function trouble(room: Room, what: Trouble): void {
  stop(room);
  show(room, { stage: { is: 'trouble', what }, busy: false });
}

export function post(room: Room, message: Omit<OpenerMessage, 'source'>): void {
  const { sessionId, view } = room;
  room.post(view.description?.openerOrigins ?? [], { ...message, ...(sessionId && { sessionId }) });
}

function decide(room: Room, result: Result): void {
  if (room.view.stage.is === 'decided') return;
  stop(room);
  show(room, { stage: { is: 'decided', result }, busy: false });
  const { decision, passed, passToken, reference } = result;
  post(room, {
    type: 'result',
    sessionId: reference,
    decision,
    passed,
    reference,
    ...(passToken && { passToken }),
  });
}

export function receive(room: Room, live: LiveState): void {
  room.slowness.answered(live);
  const step = live.state === 'running' ? live.step?.name : undefined;
  show(room, {
    live,
    ...(step && { lastStep: step, slow: room.slowness.cause() }),
    ...(live.state === 'guiding' && { lastStep: undefined }),
  });
  if (room.token) room.behavior?.report(room.token, live);
  if (live.result) decide(room, live.result);
  else if (live.state === 'decided')
    void room.api.finalize(room.token ?? '').then(
      (result) => decide(room, result),
      (error) => failed(room, error),
    );
  else if (live.state === 'ended') trouble(room, 'over');
  // The phone has it.
  else if (live.state === 'following' && room.view.stage.is === 'camera') follow(room);
}

function failed(room: Room, error: unknown): void {
  const what = troubleOf(error);
  if (what === 'offline' || what === 'busy') show(room, { busy: false, problem: what });
  else trouble(room, what);
}

/** The answer to a button: at most one at a time. */
export async function press(room: Room, act: () => Promise<void>): Promise<void> {
  if (room.view.busy) return;
  show(room, { busy: true, problem: undefined });
  try {
    await act();
    show(room, { busy: false });
  } catch (error) {
    failed(room, error);
  }
}

export function remember(room: Room, { token, sessionId }: Begun, path?: Path): void {
  const { link, memory } = room;
  room.token = token;
  room.sessionId = sessionId;
  show(room, { reference: sessionId });
  if (link) memory.write({ link, token, sessionId, ...(path && { path }) });
}

/** The link as it is before this browser began anything. */
export async function describe(room: Room, link: Link): Promise<void> {
  const description = await room.api.describe(link);
  show(room, { description });
  post(room, { type: 'ready' });
  described(room, link, description);
}

/** Another window goes on with the link, and this one gets the result. */
export function watch(room: Room): void {
  const { link } = room;
  const look = async () => {
    if (!link) return;
    const description = await room.api.describe(link).catch(() => undefined);
    if (room.view.stage.is !== 'consent') return;
    if (description) show(room, { description });
    if (description?.state === 'ended' || description?.state === 'finished')
      return described(room, link, description);
    room.following = setTimeout(look, FOLLOW);
  };
  clearTimeout(room.following);
  room.following = setTimeout(look, FOLLOW);
}

function described(room: Room, link: Link, { state, result }: Description): void {
  if (result) decide(room, result);
  else if (state !== 'ready') trouble(room, state === 'ended' ? 'over' : state);
  else show(room, { stage: { is: link.kind === 'handover' ? 'number' : 'consent' } });
}

/** After a reload: the session goes on where it was. False: the link begins a new one. */
export async function resume(room: Room, { link, token, sessionId }: Remembered): Promise<boolean> {
  if (token === undefined) return false;
  // A published flow is for any number of people, also one after another at this screen.
  const forMany = link.kind === 'flow';
  const found = await Promise.all([
    room.api.describe({ kind: 'session', token }),
    room.api.state(token),
  ]).catch((error: unknown) => {
    if (forMany && error instanceof Refusal && error.status === 401) return undefined;
    throw error;
  });
  if (!found || (forMany && found[1].result)) return false;
  const [description, live] = found;
  Object.assign(room, { token, sessionId });
  show(room, { description, live, reference: sessionId, stage: { is: 'camera' } });
  post(room, { type: 'ready' });
  receive(room, live);
  return true;
}

/** The box closed the connection: another one has the session, or the person ended it on the computer. */
export async function taken(room: Room, token: string): Promise<void> {
  const live = await room.api.state(token).catch(() => undefined);
  if (live?.result || live?.state === 'following') receive(room, live);
  else trouble(room, 'taken');
}

/** Another device has the session, or will: this page looks how it stands. */
export function follow(room: Room): void {
  stop(room);
  show(room, { stage: { is: 'phone' } });
  const look = async () => {
    const { handover } = room.view;
    const before = room.view.live?.state;
    const live = await room.api.state(room.token ?? '').catch((error: unknown) => {
      // Without an answer it looks again; what is over is over.
      if (error instanceof Refusal && [401, 403, 404, 410].includes(error.status)) trouble(room, 'over');
    });
    if (room.view.stage.is !== 'phone') return;
    if (live) receive(room, live);
    const same = room.view.handover === handover;
    // The phone gave it back.
    if (live && before === 'following' && live.state !== 'following') show(room, { handover: undefined });
    else if (live?.codeUsedUp && same) show(room, { handover: undefined, wrongNumber: true });
    if (room.view.stage.is === 'phone') room.following = setTimeout(look, FOLLOW);
  };
  room.following = setTimeout(look, FOLLOW);
}
