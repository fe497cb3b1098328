import { type LiveApi, Refusal } from './api.ts';
import type { Connection, ConnectionDeps } from './connection.ts';
import type { OpenerMessage } from './ending.ts';
import { type Memory, sameLink } from './link.ts';
import type { Description, Device, Frame, Handover, Link, LiveState, Path, Result } from './wire.ts';

export type Trouble = 'noLink' | 'gone' | 'taken' | 'offline' | 'busy' | 'over' | 'wrongNumber';
export type Stage =
  | { is: 'loading' }
  | { is: 'trouble'; what: Trouble }
  | { is: 'number' }
  | { is: 'consent' }
  | { is: 'camera' }
  | { is: 'phone' }
  | { is: 'left'; redirect?: string; reference?: string }
  | { is: 'decided'; result: Result };

/** All that the page shows. */
export interface View {
  stage: Stage;
  description?: Description;
  live?: LiveState;
  /** To another device; undefined: no code yet, or the last one is over. */
  handover?: Handover;
  connected: boolean;
  /** A button was pressed, and the box has not answered yet. */
  busy: boolean;
  /** The last button did nothing, because of this. */
  problem?: 'offline' | 'busy';
}

export interface LiveSessionDeps {
  api: LiveApi;
  link: Link | undefined;
  memory: Memory;
  connect(deps: ConnectionDeps): Connection;
  /** To the page that waits for the result. */
  post(origins: readonly string[], message: Omit<OpenerMessage, 'source'>): void;
}

export interface LiveSession {
  view(): View;
  /** What the person chose before the start, where this browser knows it. */
  path(): Path | undefined;
  subscribe(changed: () => void): () => void;
  load(): Promise<void>;
  agree(path: Path): Promise<void>;
  /** The number that stands on the other screen. */
  pick(number: string): Promise<void>;
  leave(): Promise<void>;
  toPhone(): Promise<void>;
  toCamera(): void;
  /** Opens the connection and asks for an attempt, once the camera runs. */
  attempt(device: Device): void;
  send(frame: Frame): boolean;
}

/** Milliseconds between two looks at a session that goes on elsewhere. */
const FOLLOW = 1_500;

/** One check of one person, from the link to the result. It knows no element of the page. */
export function createLiveSession(deps: LiveSessionDeps): LiveSession {
  const { api, memory } = deps;
  const listeners = new Set<() => void>();
  let view: View = { stage: { is: 'loading' }, connected: false, busy: false };
  let connection: Connection | undefined;
  let token: string | undefined;
  let sessionId: string | undefined;
  let link = deps.link;
  let following: ReturnType<typeof setTimeout> | undefined;

  function show(change: Partial<View>): void {
    view = { ...view, ...change };
    for (const changed of listeners) changed();
  }
  const trouble = (what: Trouble) => {
    stop();
    show({ stage: { is: 'trouble', what }, busy: false });
  };
  function stop(): void {
    clearTimeout(following);
    following = undefined;
    connection?.close();
    connection = undefined;
  }
  const post = (message: Omit<OpenerMessage, 'source'>) =>
    deps.post(view.description?.openerOrigins ?? [], { ...message, ...(sessionId && { sessionId }) });

  function decide(result: Result): void {
    if (view.stage.is === 'decided') return;
    stop();
    show({ stage: { is: 'decided', result }, busy: false });
    const { decision, passed, passToken, reference } = result;
    post({ type: 'result', decision, passed, reference, ...(passToken && { passToken }) });
  }

  function receive(live: LiveState): void {
    show({ live });
    if (live.result) decide(live.result);
    else if (live.state === 'decided') void api.finalize(token ?? '').then(decide, fail);
    else if (live.state === 'ended') trouble('over');
    // The phone has it, or had it.
    else if (live.state === 'following' && view.stage.is === 'camera') follow();
  }

  function fail(error: unknown): void {
    const what = troubleOf(error);
    if (what === 'offline' || what === 'busy') show({ busy: false, problem: what });
    else trouble(what);
  }

  /** The answer to a button: at most one at a time. */
  async function press(act: () => Promise<void>): Promise<void> {
    if (view.busy) return;
    const { problem: _, ...rest } = view;
    view = rest;
    show({ busy: true });
    try {
      await act();
      show({ busy: false });
    } catch (error) {
      fail(error);
    }
  }

  function remember(begun: { token: string; sessionId: string }, path?: Path): void {
    token = begun.token;
    sessionId = begun.sessionId;
    if (link) memory.write({ link, token, sessionId, ...(path && { path }) });
  }

  async function describe(of: Link): Promise<void> {
    const description = await api.describe(of);
    show({ description });
    post({ type: 'ready' });
    if (description.result) return decide(description.result);
    if (description.state === 'ended') return trouble('over');
    if (description.state === 'taken') return trouble('taken');
    show({ stage: { is: of.kind === 'handover' ? 'number' : 'consent' } });
  }

  /** After a reload: the session goes on where it was. */
  async function resume(own: string): Promise<void> {
    token = own;
    const [description, live] = await Promise.all([
      api.describe({ kind: 'session', token: own }),
      api.state(own),
    ]);
    show({ description, live });
    post({ type: 'ready' });
    if (live.state === 'following') return follow();
    show({ stage: { is: 'camera' } });
    receive(live);
  }

  function follow(): void {
    stop();
    show({ stage: { is: 'phone' } });
    const look = async () => {
      const state = await api.state(token ?? '').catch((error: unknown) => {
        if (!(error instanceof Refusal) || error.status === 401 || error.status === 410) trouble('over');
      });
      if (view.stage.is !== 'phone') return;
      const was = view.live?.state;
      if (state) receive(state);
      // The phone gave it back, or a wrong number was picked: the code is used up.
      if (was === 'following' && state?.state !== 'following') show({ handover: undefined as never });
      if (view.stage.is === 'phone') following = setTimeout(look, FOLLOW);
    };
    following = setTimeout(look, FOLLOW);
  }

  return {
    view: () => view,
    path: () => memory.read()?.path,
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    async load() {
      show({ stage: { is: 'loading' } });
      const kept = memory.read();
      // Of `/verify` the tab alone knows the token after a reload.
      if (kept?.link.kind === 'session') link ??= kept.link;
      if (!link) return trouble('noLink');
      try {
        if (kept?.token && sameLink(kept.link, link)) {
          sessionId = kept.sessionId;
          return await resume(kept.token);
        }
        memory.write({ link });
        await describe(link);
      } catch (error) {
        trouble(troubleOf(error));
      }
    },
    agree: (path) =>
      press(async () => {
        if (!link || !view.description) return;
        const { version } = view.description.consent;
        const previous = memory.read()?.token;
        remember(await api.begin({ link, textVersion: version, path, previous }), path);
        show({ stage: { is: 'camera' } });
      }),
    pick: (number) =>
      press(async () => {
        if (!link) return;
        try {
          remember(await api.accept(link, number));
        } catch (error) {
          if (error instanceof Refusal && [400, 403, 409, 410, 422].includes(error.status))
            return trouble('wrongNumber');
          throw error;
        }
        show({ stage: { is: 'camera' } });
      }),
    leave: () =>
      press(async () => {
        if (!link) return;
        const end = await api.deny(link, token);
        stop();
        show({ stage: { is: 'left', ...end } });
        post({ type: 'cancel' });
      }),
    toPhone: () =>
      press(async () => {
        if (!token) return;
        connection?.close();
        connection = undefined;
        const handover = await api.handover(token);
        show({ handover });
        follow();
      }),
    toCamera() {
      stop();
      show({ stage: { is: 'camera' } });
    },
    attempt(device) {
      if (!token) return;
      connection ??= deps.connect({
        token,
        api,
        state: receive,
        connected: (connected) => show({ connected }),
        over: (why) => trouble(why === 'taken' ? 'taken' : 'over'),
      });
      connection.start(device);
    },
    send: (frame) => connection?.send(frame) ?? false,
  };
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Refusal)) throw error;
  switch (error.status) {
    case 400:
    case 404:
    case 410:
    case 422:
      return 'gone';
    case 401:
    case 403:
      return 'over';
    case 409:
      return 'taken';
    case 429:
    case 503:
      return 'busy';
    default:
      return 'offline';
  }
}
