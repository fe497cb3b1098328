import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';

/** A picture, and frames after it in which the person blinks. */
export interface FacePictures {
  picture: Uint8Array;
  frames: readonly Uint8Array[];
  /** Of each frame, on the clock of the client, ms. */
  frameTimes: readonly number[];
  signal?: AbortSignal;
}

/** One living face. */
export interface LivingFace {
  /** Of the picture, by embedder. */
  embeddings: Record<string, Float32Array>;
  /** SHA-256 of the files of these models. */
  files: Record<string, string>;
  /** SHA-256 of the pixels of the picture and of each frame. */
  pixelHashes: string[];
}

/** Looks at the face of an administrator (engine/verification). */
export interface FaceJudge {
  /**
   * Throws PAD_NOT_INSTALLED without presentation attack detection, whatever the organization allows elsewhere; INVALID_REQUEST for too
   * few frames, or without their times; CHECK_FAILED for what does not seem to be one living person, and where no blink is seen; and what
   * refuses a picture.
   */
  look(
    who: { organization: OrganizationId; administrator: AdministratorId },
    pictures: FacePictures,
  ): Promise<LivingFace>;
  /** 1:1. Undefined where other models made the one. */
  isSame(one: LivingFace, other: LivingFace): boolean | undefined;
}
