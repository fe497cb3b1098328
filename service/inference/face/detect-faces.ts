import type { ModelEntry } from '../models/manifest.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { type Affine, applyAffine } from './affine.ts';
import { type Detection, mergeOverlaps, prominence } from './detection.ts';
import { createWarp } from './warp.ts';

/** Faces of a picture in its pixels, most prominent first; small ones too with `closer`. */
export type FaceDetector = (pyramid: Pyramid, options: { closer: boolean }) => Promise<Detection[]>;

/** Where the manifest states no threshold. */
const THRESHOLD = 0.5;
const SAME_FACE = 0.3;
/** A detector of 256 pixels sees faces from about 7 % of its view; below this share a closer look may find more. */
const SMALL_SHARE = 0.12;
/** Pictures this small hold no face that is small in the view yet large enough to judge. */
const CLOSER_LOOK_FROM = 512;

/** The view of the detector: a square that may reach beyond the picture, which is black there. */
interface View {
  left: number;
  top: number;
  side: number;
}

type Detect = (pyramid: Pyramid, view: View) => Promise<Detection[]>;

/**
 * Looks at the whole picture first; where that finds nothing or only small faces in a large picture, at overlapping quarters
 * of it too. The manifest's `crop` of a detector, where given, reshapes its boxes to BlazeFace's proportions.
 */
export function createFaceDetector(model: OnnxModel): FaceDetector {
  const detect = model.entry.decoder === 'yunet' ? yunetDetector(model) : blazefaceDetector(model);
  return async (pyramid, { closer: looksCloser }) => {
    const { width, height } = pyramid.level(0);
    const side = Math.max(width, height);
    const whole = { left: (width - side) / 2, top: (height - side) / 2, side };
    let found = mergeOverlaps(await detect(pyramid, whole), SAME_FACE);
    const widest = found.reduce((most, { box }) => Math.max(most, box.width), 0);
    if (looksCloser && side >= CLOSER_LOOK_FROM && widest < SMALL_SHARE * side) {
      const closer: Detection[] = [];
      for (const view of quarters(width, height)) closer.push(...(await detect(pyramid, view)));
      found = mergeOverlaps([...found, ...closer], SAME_FACE);
    }
    return found
      .map((detection) => reshape(detection, model.entry.crop))
      .sort((a, b) => prominence(b.box, { width, height }) - prominence(a.box, { width, height }));
  };
}

/** Squares of half the longer side, overlapping by half, that cover the picture. */
function quarters(width: number, height: number): View[] {
  const side = Math.max(width, height) / 2;
  const starts = (length: number) => {
    const steps = Math.max(0, Math.ceil((length - side) / (side / 2) - 1e-9));
    return Array.from({ length: steps + 1 }, (_, i) =>
      steps === 0 ? (length - side) / 2 : (i * (length - side)) / steps,
    );
  };
  return starts(height).flatMap((top) => starts(width).map((left) => ({ left, top, side })));
}

function reshape(detection: Detection, crop: ModelEntry['crop']): Detection {
  if (!crop) return detection;
  const { box } = detection;
  const width = box.width * crop.boxWidth * crop.scale;
  const height = box.height * crop.boxHeight * crop.scale;
  return {
    ...detection,
    box: {
      x: box.x + (box.width - width) / 2,
      y: box.y + box.height * (0.5 - crop.centreUp) - height / 2,
      width,
      height,
    },
  };
}

function blazefaceDetector(model: OnnxModel): Detect {
  const [size] = model.entry.input.size;
  const warp = createWarp(model.entry.input);
  const decode = createBlazefaceDecoder(size, model.entry.threshold ?? THRESHOLD);
  const input = new Float32Array(size * size * 3);
  return async (pyramid, { left, top, side }) => {
    const scale = side / size;
    const toPicture: Affine = [scale, 0, left, 0, scale, top];
    warp(pyramid, toPicture, input, 0);
    const { scores, boxes } = await model.run(input, 1);
    return decode(scores!, boxes!).map((detection) => moved(detection, toPicture));
  };
}

/** YuNet takes any size, so it gets the part of the view that the picture fills. */
function yunetDetector(model: OnnxModel): Detect {
  const [largest] = model.entry.input.size;
  let input = new Float32Array(0);
  return async (pyramid, view) => {
    const picture = pyramid.level(0);
    const left = Math.max(0, view.left);
    const top = Math.max(0, view.top);
    const scale = view.side / largest;
    const fit = (length: number) =>
      model.resizable ? Math.max(32, Math.ceil(length / scale / 32) * 32) : largest;
    const width = fit(Math.min(picture.width, view.left + view.side) - left);
    const height = fit(Math.min(picture.height, view.top + view.side) - top);
    const length = width * height * 3;
    if (input.length < length) input = new Float32Array(length);
    const toPicture: Affine = [scale, 0, left, 0, scale, top];
    createWarp({ ...model.entry.input, size: [width, height] })(pyramid, toPicture, input, 0);
    const outputs = await model.run(input, 1, [width, height]);
    return decodeYunet(outputs, width, height, model.entry.threshold ?? THRESHOLD).map((detection) =>
      moved(detection, toPicture),
    );
  };
}

function moved({ box, score, eyes }: Detection, toPicture: Affine): Detection {
  const corner = applyAffine(toPicture, box.x, box.y);
  const scale = toPicture[0];
  return {
    box: { x: corner.x, y: corner.y, width: box.width * scale, height: box.height * scale },
    score,
    eyes: [applyAffine(toPicture, eyes[0].x, eyes[0].y), applyAffine(toPicture, eyes[1].x, eyes[1].y)],
  };
}

const BLAZEFACE_STRIDES = [
  { stride: 16, perCell: 2 },
  { stride: 32, perCell: 6 },
];
const VALUES = 16;

/** Anchor centres in pixels of a square input, x and y in turn: first all of stride 16, then all of stride 32. */
function anchorCentres(size: number): Float32Array {
  const centres: number[] = [];
  for (const { stride, perCell } of BLAZEFACE_STRIDES) {
    const cells = size / stride;
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let i = 0; i < perCell; i++) centres.push((x + 0.5) * stride, (y + 0.5) * stride);
      }
    }
  }
  return Float32Array.from(centres);
}

/**
 * Reads BlazeFace's outputs: one logit and 16 values per anchor (box centre and size, then six key points, all relative to
 * the anchor's centre in input pixels). Detections are in input pixels, `threshold` 0..1 and more.
 */
export function createBlazefaceDecoder(size: number, threshold: number) {
  const anchors = anchorCentres(size);
  const least = Math.log(threshold / (1 - threshold));
  return (scores: Float32Array, boxes: Float32Array): Detection[] => {
    if (scores.length * 2 !== anchors.length || boxes.length !== scores.length * VALUES) {
      throw new Error(`A BlazeFace of ${size} pixels answered ${scores.length} anchors.`);
    }
    const found: Detection[] = [];
    for (let i = 0; i < scores.length; i++) {
      if (!(scores[i]! >= least)) continue;
      const at = i * VALUES;
      const x = anchors[2 * i]!;
      const y = anchors[2 * i + 1]!;
      const width = boxes[at + 2]!;
      const height = boxes[at + 3]!;
      if (!(width > 0 && height > 0)) continue;
      found.push({
        box: { x: x + boxes[at]! - width / 2, y: y + boxes[at + 1]! - height / 2, width, height },
        score: 1 / (1 + Math.exp(-scores[i]!)),
        eyes: [
          { x: x + boxes[at + 4]!, y: y + boxes[at + 5]! },
          { x: x + boxes[at + 6]!, y: y + boxes[at + 7]! },
        ],
      });
    }
    return found;
  };
}

const YUNET_STRIDES = [8, 16, 32] as const;

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
  for (const stride of YUNET_STRIDES) {
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
