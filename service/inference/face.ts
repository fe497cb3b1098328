import type { Share } from '../lib/fair/fair-queue.ts';
import type { TestOutcome } from '../lib/test-outcome.ts';

/** What the inference layer reports about a picture. Types only: the engine never loads native code. */

/** In pixels of the upright picture (after EXIF orientation). */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Degrees. yaw > 0: nose towards the right of the picture; pitch > 0: down; roll > 0: clockwise (LIVENESS.md §1). */
export interface Pose {
  yaw: number;
  pitch: number;
  roll: number;
}

/** Raw measures; what is good enough is decided by `engine/checks/face-quality.ts`. Names after ISO/IEC 29794-5 where they match. */
export interface QualityMeasures {
  /** Pixels between the eye centres in the upright picture (3-D distance: free of yaw). */
  interEyeDistance: number;
  /** Variance of the Laplacian of the aligned 150 px luminance, 0..; below about 20 is blurred. */
  sharpness: number;
  /** Mean of the face's luminance, 0..1. */
  luminance: number;
  /** Share of the face's pixels above 0.97, 0..1. */
  overExposure: number;
  /** Share of the face's pixels below 0.03, 0..1. */
  underExposure: number;
  pose: Pose;
  /** Iris-model eye aspect ratio, mean of both eyes; open eyes are about 0.25 and more. */
  eyesOpen: number;
  /** Smallest distance from the face box to the picture's edge, in face widths; negative when cut. */
  margin: number;
  /** Face box width over picture width, 0..1. */
  frameShare: number;
  /**
   * How much more the mesh model holds the face for upright than for upside-down, in logits; negative when it is likelier upside-down.
   * Absent in frames.
   */
  uprightness?: number;
  /** How much of the embedding the lower half of the face carries: 1 at the embedder's limit, less where it is covered. Absent where no embedder states a limit. */
  lowerFace?: number;
  /** How far the embedder holds the face for a person's: 0 at its limit, negative for drawings, statues and animals. Absent likewise. */
  person?: number;
}

/** Of the frame before: its `box` and `motion.mesh`. */
export interface FollowedFace {
  box: Box;
  mesh: Float32Array;
}

export interface PadScore {
  /** Id of the PAD set in the manifest. */
  set: string;
  /** As the set combines its models, 0..1: of the face that seems least alive among those at least half as wide as the main one. */
  live: number;
  /** Mean distance of the face's color channels, 0..1: 0 in a black and white picture. Absent where it was not measured. */
  color?: number;
  /** Experimental moiré/DCT signal, 0..1 (more = more like a screen); informs, never counts. */
  moire: number;
}

/** What the motion index needs of one frame (LIVENESS.md §5). */
export interface MotionSample {
  pose: Pose;
  /** 468 mesh points x, y, z in pixels of the upright picture, 1404 numbers. */
  mesh: Float32Array;
  /** Mean iris EAR of both eyes. */
  eyesOpen: number;
}

export interface Face {
  box: Box;
  /** Detector's probability, 0..1. */
  detection: number;
  /** Face-mesh flag, 0..1: the second gate. */
  presence: number;
}

export interface AnalyzedFace extends Face {
  quality: QualityMeasures;
  /** Unit-length embedding per embedder id. */
  embeddings: Record<string, Float32Array>;
  pad?: PadScore;
  motion: MotionSample;
  /** Only where it was asked for. */
  challenge?: ChallengeMeasures;
}

/** What a challenge judges of a frame beside its quality and motion (LIVENESS.md §2, §6). */
export interface ChallengeMeasures {
  /** Root mean square of what the rigid fit of the mean head leaves, in outer-eye distances. */
  rigidResidual: number;
  /** The face in the frontal plane of the mean head, 80 x 80, row by row: band-passed luminance of the skin, 0 elsewhere. */
  texture: Float32Array;
  /** Mean linear red, green and blue of the skin, 0..1. */
  skin: [number, number, number];
  /** The same beside and above the head; absent where it fills the picture. */
  background?: [number, number, number];
}

export interface Analysis {
  /** As it was judged: a picture that was turned is turned back, by `turned` degrees clockwise. */
  picture: {
    width: number;
    height: number;
    format: 'jpeg' | 'png' | 'webp' | 'heic' | 'avif';
    turned?: 90 | 180 | 270;
  };
  /** Every face that passed both gates (at most ten), most prominent first: widest visible part, nearness to the centre counts too. */
  faces: Face[];
  /** The first of `faces`, analyzed; absent when there is none. */
  face?: AnalyzedFace;
  /** JPEG of the face with its surroundings, without metadata; only where it was asked for. */
  portrait?: Uint8Array;
  /** SHA-256 of the decoded pixels: equal for a repeated frame however it was encoded, and in its four turns. */
  pixelHash: string;
  /** The same of the pixels as sent, where it differs: of pictures enrolled by earlier releases no other is kept. */
  sentHash?: string;
  /** Milliseconds in the worker, and waiting for one. */
  timing: {
    decode: number;
    detect: number;
    landmarks: number;
    embed: number;
    pad: number;
    total: number;
    queued: number;
  };
  /** Of the picture of a test person: no worker has seen it (engine/matching/test-people). */
  testOutcome?: TestOutcome;
}

export interface AnalysisRequest {
  detector: string;
  embedders: readonly string[];
  /** Id of the PAD set, or none. */
  pad?: string;
  /** `pixelHash` of pictures that are not analyzed: decoded, and answered without a face. */
  stopAt?: readonly string[];
  /** Answer a small picture of the face too. */
  portrait?: true;
  /**
   * Of a frame that is looked at for guidance alone: no search for small faces, landmarks in one pass, which turns the pose by about
   * two degrees, and no hash (`pixelHash` is empty).
   */
  quick?: true;
  /**
   * Of a frame of a live challenge: `AnalyzedFace.challenge` too, landmarks in two passes where the face is followed as well, and no
   * search for small faces. The pixels are hashed, unlike those of a quick look.
   */
  challenge?: true;
  /**
   * Where the only face of the frame before was. As long as it is there, other faces are not searched for: the detector is most of the
   * work of a quick look.
   */
  follow?: FollowedFace;
  /** Give up after this many milliseconds, waiting included. */
  deadline: number;
  /** Aborted when the caller is gone: a picture that still waits for a worker is dropped (TIMEOUT). */
  signal?: AbortSignal;
  /** Whose picture it is: the workers are shared fairly among all that have one. */
  share?: Share;
}

/** One installed model or set, for `/health`, `models list` and the results. */
export interface InstalledModel {
  id: string;
  name: string;
  role: 'detector' | 'landmarks' | 'iris' | 'embedder' | 'pad';
  sha256: string;
  maturity: 'proven' | 'alternate' | 'experimental';
  licence: string;
  provenance: string;
  doubts?: string;
  /** Usable now. */
  enabled: boolean;
}
