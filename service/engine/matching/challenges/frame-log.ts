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
    /** A fault, `late`, or `ignored` where a frame is the one before again. */
    add(frame: ObservedFrame) {
      const time = times.judge(frame);
      if (time !== 'fits') return time;
      const { picture, pixelHash } = frame.analysis;
      span.last = frame.at;
      sinceBegin += 1;
      span.receivedAt = frame.receivedAt;
      // One without a face proves nothing: a camera that starts, or whose shutter is closed, gives the same picture each time.
      if (frame.analysis.faces.length === 0) return 'new';
      const added = hashes.add(pixelHash);
      if (added === 'fault') return 'FRAMES_REPEATED';
      cameras.sizes.add(`${picture.width}x${picture.height}`);
      if (frame.capture?.label) cameras.labels.add(frame.capture.label);
      return added;
    },
    rate: times.rate,
    begin(at: number): void {
      times.begin();
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

/** Milliseconds by which the client's clock may run ahead of ours once a step was asked for, and share of the time since then. */
const AHEAD = 2000;
const AHEAD_SHARE = 0.02;
/** The same before: where the network held the first frames back, the next ones come sooner. */
const AHEAD_AT_FIRST = 10_000;
/** Milliseconds by which a frame may arrive later than the fastest one did, and for which later ones may come. */
const LATEST = 5000;
/** Milliseconds over which the frame rate is counted. */
const WINDOW = 2000;

/** Times of the frames of one attempt: the client's own, held against ours. */
function createFrameTimes() {
  interface Times {
    at: number;
    receivedAt: number;
  }
  /** The first one; once a step was asked for, the one that had arrived fastest. */
  let anchor: Times | undefined;
  let ahead = AHEAD_AT_FIRST;
  let fastest: Times | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let lateSince: number | undefined;
  const recent: number[] = [];
  return {
    /**
     * A fault: the time is not later than all before, or ahead of the moment of arrival. `late`: what the network held back, and a program
     * that computes its frames; it shows nothing, and many are a fault of the connection.
     */
    judge({ at, receivedAt }: Times): 'TIMES_IMPLAUSIBLE' | 'FRAMES_LATE' | 'late' | 'fits' {
      if (!Number.isFinite(at) || !Number.isFinite(receivedAt) || at <= last) return 'TIMES_IMPLAUSIBLE';
      last = at;
      anchor ??= { at, receivedAt };
      const ours = receivedAt - anchor.receivedAt;
      const theirs = at - anchor.at;
      if (theirs > ours * (1 + AHEAD_SHARE) + ahead) return 'TIMES_IMPLAUSIBLE';
      if (!fastest || receivedAt - at < fastest.receivedAt - fastest.at) fastest = { at, receivedAt };
      if (receivedAt - at > fastest.receivedAt - fastest.at + LATEST) {
        lateSince ??= receivedAt;
        return receivedAt - lateSince > LATEST ? 'FRAMES_LATE' : 'late';
      }
      lateSince = undefined;
      recent.push(at);
      while (at - recent[0]! > WINDOW) recent.shift();
      return 'fits';
    },
    /** The first step is asked for. */
    begin(): void {
      anchor = fastest;
      ahead = AHEAD;
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

/** Names of programs that pass files off as a camera, as the page has them (renderer/capture/camera/camera-fault.ts). */
const VIRTUAL =
  /\b(obs|virtual(cam\w*)?|manycam|snap ?camera|xsplit|v-?cam|mmhmm|camtwist|v4l2loopback|loopback|dummy|fake|screen[- ]?capture|webcamoid|altercam|splitcam|sparkocam|e2esoft(?! ivcam)|streamlabs|youcam|avatarify|deepfacelive|akvcam|unity video)\b/i;

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
