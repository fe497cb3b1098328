import { Refusal } from '../../ui/refusal.ts';
import { sameLink } from './link.ts';
import {
  collect,
  createRoom,
  describe,
  follow,
  type LiveSessionDeps,
  post,
  press,
  type Room,
  receive,
  remember,
  resume,
  show,
  stop,
  taken,
  trouble,
  watch,
} from './room.ts';
import { troubleOf, type View } from './view.ts';
import type { Device, Frame, Path } from './wire.ts';

export interface LiveSession {
  view(): View;
  /** What the person chose before the start, where this browser knows it. */
  path(): Path | undefined;
  subscribe(changed: () => void): () => void;
  load(): Promise<void>;
  /** `onPhone`: the check then goes on there. */
  agree(path: Path, onPhone?: boolean): Promise<void>;
  /** The number that stands on the other screen. */
  pick(number: string): Promise<void>;
  leave(): Promise<void>;
  toPhone(): Promise<void>;
  toCamera(): void;
  /** Looks how a check stands that goes on in another window, until a screen of this one does. */
  watch(): () => void;
  /** Opens the connection and asks for an attempt, once the camera runs. */
  attempt(device: Device): void;
  send(frame: Frame): boolean;
}

/** One check of one person, from the link to the result. It knows no element of the page. */
export function createLiveSession(deps: LiveSessionDeps): LiveSession {
  const room = createRoom(deps);
  return {
    view: () => room.view,
    path: () => room.memory.read()?.path,
    subscribe(changed) {
      room.listeners.add(changed);
      return () => room.listeners.delete(changed);
    },
    load: () => load(room),
    async agree(path, onPhone) {
      await press(room, () => agree(room, path));
      if (onPhone && room.view.stage.is === 'camera') await press(room, () => toPhone(room));
    },
    pick: (number) => press(room, () => pick(room, number)),
    leave: () =>
      press(room, async () => {
        if (!room.link) return;
        const end = await room.api.deny(room.link, room.token);
        stop(room);
        show(room, { stage: { is: 'left', ...end } });
        post(room, { type: 'cancel', ...(end.reference && { sessionId: end.reference }) });
      }),
    toPhone: () => press(room, () => toPhone(room)),
    toCamera() {
      stop(room);
      show(room, { stage: { is: 'camera' } });
    },
    watch() {
      watch(room);
      return () => stop(room);
    },
    attempt: (device) => attempt(room, device),
    send(frame) {
      room.slowness.taken();
      return room.connection?.send(frame) ?? false;
    },
  };
}

async function load(room: Room): Promise<void> {
  show(room, { stage: { is: 'loading' } });
  const kept = room.memory.read();
  // Of `/verify` the tab alone knows the token after a reload.
  if (kept?.link.kind === 'session') room.link ??= kept.link;
  const { link } = room;
  if (!link) return trouble(room, 'noLink');
  try {
    if (kept && sameLink(kept.link, link) && (await resume(room, kept))) return;
    room.memory.write({ link });
    await describe(room, link);
  } catch (error) {
    trouble(room, troubleOf(error));
  }
}

async function agree(room: Room, path: Path): Promise<void> {
  const { link, view } = room;
  if (!link || !view.description) return;
  const { consent, work } = view.description;
  const { version } = consent;
  const previous = room.memory.read()?.token;
  try {
    remember(room, await room.api.begin({ link, textVersion: version, path, previous, work }), path);
  } catch (error) {
    // Its work was for fewer visits than there are now, or was used: the next try has new work.
    if (error instanceof Refusal && error.status === 429 && link.kind === 'flow') await describe(room, link);
    // Another text holds now, or another browser was first: the page shows which.
    if (!(error instanceof Refusal) || error.status !== 409) throw error;
    await describe(room, link);
    const { stage, description } = room.view;
    if (stage.is === 'consent' && description?.consent.version !== version)
      show(room, { problem: 'changed' });
    return;
  }
  collect(room);
  show(room, { stage: { is: 'camera' } });
}

async function toPhone(room: Room): Promise<void> {
  if (!room.token) return;
  room.connection?.close();
  room.connection = undefined;
  try {
    show(room, { handover: await room.api.handover(room.token), wrongNumber: false });
  } catch (error) {
    // Each code gives a stranger one chance in three: there are not many for one check.
    if (!(error instanceof Refusal) || error.code !== 'BURST_LIMIT_EXCEEDED') throw error;
    return show(room, { problem: 'codes' });
  }
  follow(room);
}

async function pick(room: Room, number: string): Promise<void> {
  if (!room.link) return;
  try {
    remember(room, await room.api.accept(room.link, number));
  } catch (error) {
    // It ended while the numbers were shown.
    if (error instanceof Refusal && error.code === 'SESSION_EXPIRED') return trouble(room, 'finished');
    if (!(error instanceof Refusal) || ![400, 403, 404, 409, 410, 422].includes(error.status)) throw error;
    return trouble(room, 'wrongNumber');
  }
  show(room, { stage: { is: 'camera' } });
}

function attempt(room: Room, device: Device): void {
  const { token, api } = room;
  if (!token) return;
  collect(room);
  room.connection ??= room.connect({
    token,
    api,
    state: (live) => receive(room, live),
    connected: (connected) => show(room, { connected }),
    over: (why) => (why === 'taken' ? void taken(room, token) : trouble(room, 'over')),
  });
  room.connection.start(device);
}
