import type { Analysis } from '../../inference/face.ts';

/**
 * Mean distance of the color channels, 0..1 (5 of 255): below it there is no color, only what encoding leaves of a black and
 * white picture. Colored faces begin at 0.069 (60 of Replay-Attack, 284 of LFW, 32 screen crops, 2026-11-20).
 */
const LEAST_COLOR = 0.02;

export const BLACK_AND_WHITE = 'The picture is black and white; liveness needs color.';

/** Whether a picture that PAD ran on has no color: it cannot be judged, and is no attack for that. */
export const isBlackAndWhite = ({ face }: Analysis): boolean =>
  face?.pad?.color !== undefined && face.pad.color < LEAST_COLOR;
