import type { Analysis } from '../../inference/face.ts';
import { type CaptureMetadata, cameraEvidence } from './camera-signals.ts';
import { type ChallengeReason, type Evidence, round } from './evidence.ts';
import { createFrameHashes } from './frame-hashes.ts';
import { createFrameTimes } from './frame-times.ts';

export interface ObservedFrame {
  /** The client's time of capture, ms on a clock that only rises. */
  at: number;
  /** Ours, ms. */
  receivedAt: number;
  analysis: Analysis;
  capture?: CaptureMetadata;
}

/** Of the client's clock, and when the last frame came by ours; ms. */
export interface Span {
  /** When the first step was revealed; undefined before. */
  began: number | undefined;
  last: number;
  receivedAt: number;
}

/** Times, pixel hashes and cameras of an attempt's frames. */
export interface FrameLog {
  readonly span: Readonly<Span>;
  /** A fault, or `ignored` where a frame is the one before again. */
  add(
    frame: ObservedFrame,
  ): 'new' | 'ignored' | Extract<ChallengeReason, 'TIMES_IMPLAUSIBLE' | 'FRAMES_REPEATED'>;
  /** Frames a second over the last two seconds; undefined at first. */
  rate(): number | undefined;
  begin(at: number): void;
  hashes(): string[];
  evidence(): Evidence[];
}

export function createFrameLog(): FrameLog {
  const times = createFrameTimes();
  const hashes = createFrameHashes();
  const cameras = { labels: new Set<string>(), sizes: new Set<string>() };
  let sinceBegin = 0;
  const span: Span = { began: undefined, last: 0, receivedAt: 0 };
  return {
    span,
    add(frame) {
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
    begin(at) {
      span.began = at;
      sinceBegin = 0;
    },
    hashes: hashes.all,
    evidence() {
      const seconds = (span.last - (span.began ?? span.last)) / 1000;
      const framesPerSecond = seconds > 0 ? round(sinceBegin / seconds) : 0;
      return [
        { kind: 'times', maturity: 'proven', details: { ...hashes.counts(), framesPerSecond } },
        ...cameraEvidence(cameras),
      ];
    },
  };
}
