import type { Analysis } from '../../../inference/face.ts';
import { type Evidence, round } from './evidence.ts';

export interface ObservedFrame {
  /** The client's time of capture, ms on a clock that only rises. */
  at: number;
  /** Ours, ms. */
  receivedAt: number;
  analysis: Analysis;
  capture?: CaptureMetadata;
}

/** Times, pixel hashes and cameras of an attempt's frames. */
export function createFrameLog() {
  const times = createFrameTimes();
  const hashes = createFrameHashes();
  const cameras = { labels: new Set<string>(), sizes: new Set<string>() };
  let sinceBegin = 0;
  /** When the first step was revealed and the last frame was taken, by the client's clock, and when it came by ours; ms. */
  const span = { began: undefined as number | undefined, last: 0, receivedAt: 0 };
  return {
    span: span as Readonly<typeof span>,
    /** A fault, or `ignored` where a frame is the one before again. */
    add(frame: ObservedFrame) {
      if (!times.plausible(frame)) return 'TIMES_IMPLAUSIBLE';
      const { picture, pixelHash } = frame.analysis;
      span.last = frame.at;
      sinceBegin += 1;
      span.receivedAt = frame.receivedAt;
      const added = hashes.add(pixelHash);
      if (added === 'fault') return 'FRAMES_REPEATED';
      cameras.sizes.add(`${picture.width}x${picture.height}`);
      if (frame.capture?.label) cameras.labels.add(frame.capture.label);
      return added;
    },
    rate: times.rate,
    begin(at: number): void {
      span.began = at;
      sinceBegin = 0;
    },
    hashes: hashes.all,
    evidence(): Evidence[] {
      const seconds = (span.last - (span.began ?? span.last)) / 1000;
      const framesPerSecond = seconds > 0 ? round(sinceBegin / seconds) : 0;
      return [
        { kind: 'times', maturity: 'proven', details: { ...hashes.counts(), framesPerSecond } },
        ...cameraEvidence(cameras),
      ];
    },
  };
}

export type FrameLog = ReturnType<typeof createFrameLog>;

/** Milliseconds by which the client's clock may run ahead of ours since the first frame, and share of the time since then. */
const AHEAD = 2000;
const AHEAD_SHARE = 0.02;
/** Milliseconds by which a frame may arrive later than the fastest one did. */
const LATEST = 5000;
/** Milliseconds over which the frame rate is counted. */
const WINDOW = 2000;

/** Times of the frames of one attempt: the client's own, held against ours. */
function createFrameTimes() {
  let first: { at: number; receivedAt: number } | undefined;
  let last = Number.NEGATIVE_INFINITY;
  /** Arrival less the client's time, of the frame that arrived fastest. */
  let least = Number.POSITIVE_INFINITY;
  const recent: number[] = [];
  return {
    /** Whether the time is later than all before and plausible for the moment of arrival. */
    plausible({ at, receivedAt }: { at: number; receivedAt: number }): boolean {
      if (!Number.isFinite(at) || !Number.isFinite(receivedAt) || at <= last) return false;
      last = at;
      first ??= { at, receivedAt };
      const ours = receivedAt - first.receivedAt;
      const theirs = at - first.at;
      if (theirs > ours * (1 + AHEAD_SHARE) + AHEAD) return false;
      least = Math.min(least, receivedAt - at);
      if (receivedAt - at > least + LATEST) return false;
      recent.push(at);
      while (at - recent[0]! > WINDOW) recent.shift();
      return true;
    },
    /** Frames a second over the last two seconds; undefined before half a second has passed. */
    rate(): number | undefined {
      const span = recent.length > 1 ? recent.at(-1)! - recent[0]! : 0;
      return span < 500 ? undefined : ((recent.length - 1) * 1000) / span;
    },
  };
}

/** A camera in bad light shows a frame for longer; more of that is a picture that stands. */
const MOST_STANDING = 5;

/** Pixel hashes of one attempt. */
export function createFrameHashes() {
  const seen = new Set<string>();
  let last: string | undefined;
  /** In a row. */
  let standing = 0;
  let repeated = 0;
  return {
    /** `ignored`: the same as the frame before; `fault`: an earlier one again, or the same one for too long. */
    add(hash: string): 'new' | 'ignored' | 'fault' {
      if (hash === last) {
        standing += 1;
        repeated += 1;
        return standing > MOST_STANDING ? 'fault' : 'ignored';
      }
      if (seen.has(hash)) return 'fault';
      seen.add(hash);
      last = hash;
      standing = 0;
      return 'new';
    },
    all: () => [...seen],
    counts: () => ({ frames: seen.size, repeated }),
  };
}

/** What the page says of the camera; a tampered page says anything, so nothing of it decides. */
export interface CaptureMetadata {
  label?: string;
  width?: number;
  height?: number;
  frameRate?: number;
  userAgent?: string;
}

/** Names of programs that pass files off as a camera. */
const VIRTUAL =
  /\b(obs|virtual|manycam|snap ?camera|xsplit|mmhmm|camtwist|v4l2loopback|loopback|dummy|fake|screen ?capture|webcamoid|altercam|splitcam|youcam|avatarify|deepfacelive|akvcam|unity video)\b/i;

/** Signals alone: they lower the score and are shown to the reviewer. */
function cameraEvidence(seen: { labels: ReadonlySet<string>; sizes: ReadonlySet<string> }): Evidence[] {
  const labels = [...seen.labels].filter((label) => VIRTUAL.test(label));
  const suspect = (details: { signal: string; [name: string]: unknown }): Evidence => ({
    kind: 'camera',
    maturity: 'experimental',
    details: { suspect: true, ...details },
  });
  return [
    ...(labels.length > 0 ? [suspect({ signal: 'virtual-camera', labels })] : []),
    ...(seen.labels.size > 1 ? [suspect({ signal: 'camera-changed', cameras: seen.labels.size })] : []),
    ...(seen.sizes.size > 1 ? [suspect({ signal: 'frame-size-changed', sizes: [...seen.sizes] })] : []),
  ];
}
