import type { Box } from '../face.ts';
import type { Point } from './affine.ts';

/** One face as a detector reports it, in pixels of the picture. */
export interface Detection {
  box: Box;
  /** 0..1 */
  score: number;
  /** The eye in the left and the eye in the right half of an upright face (the person's right and left eye). */
  eyes: readonly [Point, Point];
}

/** Area in common over area covered, 0..1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (a.width * a.height + b.width * b.height - common);
}

/**
 * How much a face looks like the one the picture was taken of: the width of its visible part, less up to a quarter towards the
 * corners. A bystander who is cut by the edge does not outrank the person in the middle.
 */
export function prominence(box: Box, picture: { width: number; height: number }): number {
  const visible = Math.min(box.x + box.width, picture.width) - Math.max(box.x, 0);
  const aside = Math.hypot(
    box.x + (box.width - picture.width) / 2,
    box.y + (box.height - picture.height) / 2,
  );
  return Math.max(0, visible) * (1 - (0.25 * aside) / (Math.hypot(picture.width, picture.height) / 2));
}

/**
 * One detection per face: those that overlap a better one by more than `limit` become one, averaged by score
 * (as MediaPipe does, steadier than the best alone). Best first.
 */
export function mergeOverlaps(detections: readonly Detection[], limit: number): Detection[] {
  let left = [...detections].sort((a, b) => b.score - a.score);
  const merged: Detection[] = [];
  while (left.length > 0) {
    const best = left[0]!;
    const group = left.filter((other) => other === best || overlap(best.box, other.box) > limit);
    left = left.filter((other) => !group.includes(other));
    merged.push(group.length === 1 ? best : average(group));
  }
  return merged;
}

function average(group: readonly Detection[]): Detection {
  const total = group.reduce((sum, { score }) => sum + score, 0);
  const mean = (value: (detection: Detection) => number) =>
    group.reduce((sum, detection) => sum + detection.score * value(detection), 0) / total;
  const eye = (side: 0 | 1): Point => ({ x: mean((d) => d.eyes[side].x), y: mean((d) => d.eyes[side].y) });
  return {
    box: {
      x: mean((d) => d.box.x),
      y: mean((d) => d.box.y),
      width: mean((d) => d.box.width),
      height: mean((d) => d.box.height),
    },
    score: group[0]!.score,
    eyes: [eye(0), eye(1)],
  };
}
