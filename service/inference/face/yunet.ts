import type { Detection } from './detection.ts';

const STRIDES = [8, 16, 32] as const;

/**
 * Reads YuNet's outputs (`cls_8`, `obj_8`, `bbox_8`, `kps_8` and the same for strides 16 and 32) for an input of
 * `width` by `height` pixels, both multiples of 32. Detections are in input pixels, scored by the geometric mean of class and objectness, `threshold`
 * and more.
 */
export function decodeYunet(
  outputs: Record<string, Float32Array>,
  width: number,
  height: number,
  threshold: number,
): Detection[] {
  const found: Detection[] = [];
  for (const stride of STRIDES) {
    const columns = width / stride;
    const cells = columns * (height / stride);
    const [cls, obj, bbox, kps] = ['cls', 'obj', 'bbox', 'kps'].map((name) => outputs[`${name}_${stride}`]);
    if (!cls || !obj || !bbox || !kps || cls.length !== cells || bbox.length !== 4 * cells) {
      throw new Error(`A YuNet lacks its outputs for stride ${stride} at ${width} by ${height} pixels.`);
    }
    for (let i = 0; i < cells; i++) {
      const score = Math.sqrt(unit(cls[i]!) * unit(obj[i]!));
      if (!(score >= threshold)) continue;
      const column = i % columns;
      const row = (i - column) / columns;
      const boxWidth = Math.exp(bbox[4 * i + 2]!) * stride;
      const boxHeight = Math.exp(bbox[4 * i + 3]!) * stride;
      const eye = (at: number) => ({
        x: (column + kps[10 * i + at]!) * stride,
        y: (row + kps[10 * i + at + 1]!) * stride,
      });
      found.push({
        box: {
          x: (column + bbox[4 * i]!) * stride - boxWidth / 2,
          y: (row + bbox[4 * i + 1]!) * stride - boxHeight / 2,
          width: boxWidth,
          height: boxHeight,
        },
        score,
        eyes: [eye(0), eye(2)],
      });
    }
  }
  return found;
}

const unit = (value: number): number => Math.min(1, Math.max(0, value));
