import { createHash, randomFillSync } from 'node:crypto';
import type { Analysis, FollowedFace } from '../../../inference/face.ts';
import type { FaceAnalyzer } from '../../../inference/workers/face-analyzer.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Share } from '../../../lib/fair/fair-queue.ts';
import type { Id, Ids, OrganizationId, World } from '../../../lib/id.ts';
import { withTag } from '../../../lib/node-tag.ts';
import { Problem } from '../../../lib/problem.ts';
import type { ModelSet } from '../../models/index.ts';
import { type Guidance, guidanceOf } from './guidance.ts';

type CaptureId = Id<'capture'>;

export interface OpenedCapture {
  id: CaptureId;
  /** The page's capability: guidance for this session and nothing else. Shown this once. */
  token: string;
  /** Ms since 1970. */
  expiresAt: number;
}

interface CaptureRealm {
  organization: OrganizationId;
  world: World;
  /** Who opened it: an administrator, or a kiosk. Its frames take turns with those of the others. */
  by: string;
}

/** Guidance for one frame; `dropped` when it came too early or while another was at work. */
export type FrameAnswer = ({ is: 'guidance' } & Guidance) | { is: 'dropped' };

/** The one connection of a session. */
export interface CaptureLink {
  readonly capture: CaptureId;
  /** Throws MISSING_AUTH once the session has ended, IMAGE_*, and what the analyzer throws. Nothing of the frame is kept but where its face was, until the next one. */
  submitFrame(frame: Uint8Array): Promise<FrameAnswer>;
  /** Whether the session has ended. */
  isOver(): boolean;
  close(): void;
}

/**
 * Sessions of a camera page, in memory alone: each is ten minutes of guidance. The token lets its holder send frames and read what
 * is wrong with them; pictures are enrolled and verified by the routes for that, with the caller's own credential.
 */
export interface Captures {
  /** Of those that one administrator or kiosk opens, the 16 that were used last go on; a further one ends another of its own, and none of others. */
  open(realm: CaptureRealm): OpenedCapture;
  /** Throws MISSING_AUTH for an unknown or ended token, CONFLICT while another connection has the session. */
  connect(token: string): CaptureLink;
}

interface CapturesDeps {
  analyzer: FaceAnalyzer;
  models: { current(): Pick<ModelSet, 'detectors' | 'padSets'> };
  ids: Ids;
  clock: Clock;
  random?: (into: Uint8Array) => void;
  /** Of this node, where others share the record. */
  tag?: string | undefined;
}

/** Bytes of one frame. */
export const LARGEST_FRAME = 256 * 1024;
/** Pixels of its longer side. */
const LONGEST_SIDE = 1280;
/** Milliseconds between two frames that are looked at: ten a second, with room for an uneven network. */
const PACE = 80;
const LIFE = 10 * 60_000;
/** Sessions of one administrator or kiosk; a further one ends the one that was used longest ago. */
const MOST_SESSIONS = 16;
/** Frames in a row whose face is followed from the frame before, without a search for others. */
const FOLLOWED = 2;
/** Milliseconds; guidance that is older helps no one. */
const DEADLINE = 2_000;

interface Session {
  id: CaptureId;
  share: Share;
  expiresAt: number;
  connected: boolean;
  busy: boolean;
  lastFrameAt: number;
  /** The only face of the last frame, and how many frames in a row it was followed. */
  face: (FollowedFace & { followed: number }) | undefined;
}

export function createCaptures({
  analyzer,
  models,
  ids,
  clock,
  random = randomFillSync,
  tag,
}: CapturesDeps): Captures {
  /** By the hash of the token; the one that was used longest ago is the first. */
  const sessions = new Map<string, Session>();

  function makeRoom({ organization, key: by }: Share): void {
    for (const [key, { expiresAt }] of sessions) if (expiresAt <= clock.now()) sessions.delete(key);
    const own = [...sessions].filter(
      ([, { share }]) => share.organization === organization && share.key === by,
    );
    if (own.length >= MOST_SESSIONS) sessions.delete(own[0]![0]);
  }
  function noteUse(key: string, session: Session): void {
    sessions.delete(key);
    sessions.set(key, session);
  }

  async function guide(session: Session, frame: Uint8Array): Promise<Guidance> {
    const { detectors, padSets } = models.current();
    const { face } = session;
    const follows = face !== undefined && face.followed < FOLLOWED;
    const analysis = await analyzer.analyze(frame, {
      ...(follows && { follow: { box: face.box, mesh: face.mesh } }),
      detector: detectors[0] ?? 'blazeface',
      embedders: [],
      quick: true,
      deadline: DEADLINE,
      share: session.share,
    });
    session.face = onlyFaceOf(analysis, follows ? face.followed + 1 : 0);
    return guidanceOf(analysis, { pad: padSets.length > 0 });
  }

  return {
    open({ organization, world, by }) {
      const share: Share = { world, organization, key: by };
      makeRoom(share);
      const bytes = new Uint8Array(32);
      random(bytes);
      const token = withTag(Buffer.from(bytes).toString('base64url'), tag);
      const id = ids.next('capture');
      const expiresAt = clock.now() + LIFE;
      const state = { connected: false, busy: false, lastFrameAt: Number.NEGATIVE_INFINITY, face: undefined };
      sessions.set(keyOf(token), { id, share, expiresAt, ...state });
      return { id, token, expiresAt };
    },

    connect(token) {
      const key = keyOf(token);
      const session = sessions.get(key);
      if (!session || session.expiresAt <= clock.now()) throw ended();
      if (session.connected) {
        throw new Problem('CONFLICT', 'This camera session has a connection already: close it first.');
      }
      session.connected = true;
      const isOver = () => !sessions.has(key) || session.expiresAt <= clock.now();
      return {
        capture: session.id,
        isOver,
        async submitFrame(frame) {
          if (isOver()) throw ended();
          checkFrame(frame);
          if (session.busy || clock.now() - session.lastFrameAt < PACE) return { is: 'dropped' };
          session.busy = true;
          session.lastFrameAt = clock.now();
          noteUse(key, session);
          try {
            return { is: 'guidance', ...(await guide(session, frame)) };
          } finally {
            session.busy = false;
          }
        },
        close() {
          session.face = undefined;
          session.connected = false;
        },
      };
    },
  };
}

const onlyFaceOf = ({ face, faces }: Analysis, followed: number): Session['face'] =>
  face && faces.length === 1 ? { box: face.box, mesh: face.motion.mesh, followed } : undefined;

const keyOf = (token: string) => createHash('sha256').update(token).digest('hex');

const ended = () =>
  new Problem('MISSING_AUTH', 'The camera session has ended: open another one (POST /api/admin/captures).');

function checkFrame(frame: Uint8Array): void {
  if (frame.length > LARGEST_FRAME)
    throw new Problem('IMAGE_TOO_LARGE', `A frame has at most ${LARGEST_FRAME} bytes.`);
  const size = jpegSize(frame);
  if (!size) throw new Problem('IMAGE_FORMAT_UNSUPPORTED', 'A frame is a JPEG.');
  if (Math.max(size.width, size.height) > LONGEST_SIDE)
    throw new Problem('IMAGE_TOO_LARGE', `A frame is at most ${LONGEST_SIDE} pixels wide and high.`);
}

interface JpegSize {
  width: number;
  height: number;
  /** Decoded in one pass, as cameras and browsers make them; another may take many. */
  sequential: boolean;
}

/** From the header of a JPEG; undefined if it is not one. Decodes no pixels. */
export function jpegSize(bytes: Uint8Array): JpegSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    const length = view.getUint16(at + 2);
    if (length < 2) return undefined;
    // Start of a frame: every 0xCn but the tables DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        sequential: marker === 0xc0 || marker === 0xc1,
      };
    at += 2 + length;
  }
  return undefined;
}
