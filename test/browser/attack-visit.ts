import sharp from 'sharp';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import type { Analysis } from '../../service/inference/face.ts';
import { median } from '../../service/lib/median.ts';
import type { Actor } from '../live/actors/actor.ts';
import type { Shown } from '../live/shown/shown-attacks.ts';
import { type LiveScene, PATIENCE, type Visit } from './live-scene.ts';

const words = captureStrings.en;
const ATTEMPTS = 3;
/** Every so many frames one is read again; at most so many of a session. */
const EVERY = 5;
const MOST = 24;
/** Pictures that were shown last, one of which the browser may have sent. */
const LAST = 4;
/** Pixels of a side to which two pictures are reduced before they are compared. */
const SMALL = 60;

interface Finding {
  kind: string;
  passed?: boolean;
  details: Record<string, unknown>;
}

/** A session as its administrator sees it. */
interface Seen {
  decision?: string;
  reasons: string[];
  attempts: number;
  risk?: { flags: string[] };
  liveness?: { evidence: Finding[] };
}

/** A frame that Chromium sent, and the pictures that the camera had shown last. */
interface Sent {
  jpeg: Buffer;
  names: string[];
}

export interface Attacked {
  session: string;
  decision: string;
  /** Of each attempt. */
  reasons: string[][];
  evidence: Finding[];
  flags: string[];
  sent: Sent[];
  /** Of the last attempt, in their order. */
  names: string[];
  /** Seconds. */
  took: number;
}

export interface Attacker {
  shown: Pick<Shown, 'jpegOf'> & { actor(): Actor };
  profile: string;
  label?: string;
  changed?: string;
}

/** One whole session of an attacker at the page, in real Chromium: up to three attempts, as the page offers them. */
export async function attack(scene: LiveScene, key: string, attacker: Attacker): Promise<Attacked> {
  const { shown, profile, label, changed } = attacker;
  const made = await scene.call<{ sessionId: string; verifyUrl: string }>(
    ...(['POST', '/api/v1/sessions', key, { profile }] as const),
  );
  const names: string[] = [];
  const sent: Sent[] = [];
  const before = {
    actor() {
      names.length = 0;
      return shown.actor();
    },
    jpegOf(name: string) {
      names.push(name);
      return shown.jpegOf(name);
    },
    ...(label !== undefined && { label }),
  };
  const visit = await scene.visit('desktop', { before, ...(changed !== undefined && { changed }) });
  // DevTools report no message that is a Blob.
  await visit.page.exposeFunction('frameSent', (base64: string) => {
    if (sent.length < MOST)
      sent.push({ jpeg: Buffer.from(base64, 'base64').subarray(8), names: names.slice(-LAST) });
  });
  await visit.page.addInitScript({ content: watchFrames });
  const since = performance.now();
  await visit.open(made.verifyUrl);
  await visit.press(words.agree);
  const look = () => scene.operate<Seen>('GET', `/sessions/${made.sessionId}`);
  const reasons = await goThrough(visit, look);
  const took = (performance.now() - since) / 1000;
  const { decision, risk, liveness } = await look();
  await visit.close();
  return {
    session: made.sessionId,
    decision: decision!,
    reasons,
    sent,
    names,
    took,
    evidence: liveness?.evidence ?? [],
    flags: risk?.flags ?? [],
  };
}

/** Every few frames that the page sends, as it sends them. */
const watchFrames = `(() => {
  const { send } = WebSocket.prototype;
  let count = 0;
  WebSocket.prototype.send = function (frame) {
    if (typeof frame !== 'string' && count++ % ${EVERY} === 0)
      void frame.arrayBuffer().then((bytes) => frameSent(btoa(String.fromCharCode(...new Uint8Array(bytes)))));
    return send.call(this, frame);
  };
})()`;

/** Gives the reasons of each attempt. */
async function goThrough({ heading, press }: Visit, look: () => Promise<Seen>): Promise<string[][]> {
  const reasons: string[][] = [];
  const end = heading(words.rejectedTitle, words.passedTitle);
  const again = heading(words.againTitle);
  await press(words.goOn);
  for (;;) {
    await end.or(again).first().waitFor({ timeout: PATIENCE });
    reasons.push((await look()).reasons);
    if ((await end.isVisible()) || reasons.length === ATTEMPTS) return reasons;
    await press(words.tryAgain);
  }
}

/** How far what the nets read of the frames that Chromium sent lies from what they read of the pictures themselves: medians. */
export interface Differences {
  frames: number;
  /** Frames of which one shows a face and the other none. */
  faces: number;
  /** Degrees. */
  yaw: number;
  pitch: number;
  /** Shares of the eyes' opening; of outer-eye distances. */
  eyes: number;
  residual: number;
}

export async function compareReadings(
  sent: readonly Sent[],
  { jpegOf, readings }: Shown,
  read: (jpeg: Buffer) => Promise<Analysis>,
): Promise<Differences> {
  const pairs: { seen: Analysis; known: Analysis }[] = [];
  for (const { jpeg, names } of sent) {
    const name = await nearest(jpeg, names, jpegOf);
    pairs.push({ seen: await read(jpeg), known: readings.get(name)! });
  }
  const faces = pairs.flatMap(({ seen, known }) =>
    seen.face && known.face ? [{ seen: seen.face, known: known.face }] : [],
  );
  type Faces = (typeof faces)[number]['seen'];
  const apart = (of: (face: Faces) => number) =>
    median(faces.map(({ seen, known }) => Math.abs(of(seen) - of(known))));
  return {
    frames: pairs.length,
    faces: pairs.filter(({ seen, known }) => !seen.face !== !known.face).length,
    yaw: apart(({ motion }) => motion.pose.yaw),
    pitch: apart(({ motion }) => motion.pose.pitch),
    eyes: median(faces.map(({ seen, known }) => Math.abs(seen.motion.eyesOpen / known.motion.eyesOpen - 1))),
    residual: apart(({ challenge }) => challenge!.rigidResidual),
  };
}

/** Which of the pictures the frame shows. */
async function nearest(jpeg: Buffer, names: readonly string[], jpegOf: Shown['jpegOf']): Promise<string> {
  const small = (picture: Buffer) => sharp(picture).resize(SMALL, SMALL).greyscale().raw().toBuffer();
  const seen = await small(jpeg);
  let best = { name: names[0]!, apart: Number.POSITIVE_INFINITY };
  for (const name of new Set(names)) {
    const known = await small(await jpegOf(name));
    const apart = known.reduce((sum, value, i) => sum + Math.abs(value - seen[i]!), 0);
    if (apart < best.apart) best = { name, apart };
  }
  return best.name;
}
