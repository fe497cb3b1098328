import type { FollowedFace } from '../../../inference/face.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Share } from '../../../lib/fair/fair-queue.ts';
import type { SessionId } from '../../../lib/id.ts';
import type { ModelPlan } from '../../profiles/index.ts';
import type { Realm } from '../../subjects/index.ts';
import type { SessionCamera, SessionDevice } from '../session.ts';
import type { Attempt } from './attempt.ts';

/** What one session is doing in this process; nothing of it outlives the process. */
export interface Room {
  readonly session: SessionId;
  readonly realm: Realm;
  expiresAt: number;
  /** Frames come by this connection; another one takes its place. */
  connection: { key: symbol; replaced?: () => void } | undefined;
  attempt: Attempt | undefined;
  /** A start waits for a place. */
  wantsStart: boolean;
  /** Whose turn its frames take. */
  share: Share;
  /** Place in the queue, from 1; 0: none is needed, or it is admitted. */
  position: number;
  /** Seconds until it is admitted, about. */
  waitSeconds: number;
  guidance: { step: string; code: string } | undefined;
  /** A frame is being judged. */
  busy: boolean;
  /** The newest frame that came meanwhile; true: it is judged next. */
  held: ((judged: boolean) => void) | undefined;
  /** A frame was judged. */
  looked: boolean;
  /** Frames that may be judged at once, and when they were last counted. */
  allowance: number;
  countedAt: number;
  /** Frames that were left out, less half of those that were judged; 0..10. */
  early: number;
  /** The only face of the last frame, and how many frames in a row it was followed. */
  face: (FollowedFace & { followed: number }) | undefined;
  plan: { plan: ModelPlan; at: number } | undefined;
  /** A reviewer may have to compare the face: a picture of it is asked for. */
  reviewable: boolean;
  /** A person may have to decide, and the person agreed that pictures are kept for it. */
  keepsPictures: boolean;
  /** The camera of the attempt that waits, where the page named it. */
  camera: SessionCamera | undefined;
  /** What the page says of the camera. */
  device: Omit<SessionDevice, 'address'> | undefined;
  /** The end of an attempt is being decided. */
  finishing: Promise<void> | undefined;
  handovers: number;
  usedAt: number;
}

/** Frames that a client may send together, as in one POST. */
export const BURST = 5;

/** Milliseconds after which a room that is not used is given up. */
const UNUSED = 60_000;

export function createRooms({ clock }: { clock: Clock }) {
  const rooms = new Map<SessionId, Room>();
  return {
    get: (session: string) => rooms.get(session as SessionId),
    of(session: SessionId, { realm, share, expiresAt }: Pick<Room, 'realm' | 'share' | 'expiresAt'>): Room {
      const room: Room = rooms.get(session) ?? {
        session,
        realm,
        share,
        expiresAt,
        connection: undefined,
        attempt: undefined,
        wantsStart: false,
        position: 0,
        waitSeconds: 0,
        guidance: undefined,
        busy: false,
        held: undefined,
        looked: false,
        early: 0,
        allowance: BURST,
        countedAt: clock.now(),
        plan: undefined,
        reviewable: false,
        keepsPictures: false,
        camera: undefined,
        device: undefined,
        face: undefined,
        finishing: undefined,
        handovers: 0,
        usedAt: clock.now(),
      };
      room.usedAt = clock.now();
      room.expiresAt = expiresAt;
      room.share = share;
      rooms.set(session, room);
      return room;
    },
    remove: (session: string) => void rooms.delete(session as SessionId),
    /** Rooms that no client uses. */
    unused: () =>
      [...rooms.values()].filter(
        ({ usedAt, connection, attempt, finishing }) =>
          !connection && !attempt && !finishing && Math.abs(clock.now() - usedAt) > UNUSED,
      ),
    all: () => [...rooms.values()],
  };
}

export type Rooms = ReturnType<typeof createRooms>;
