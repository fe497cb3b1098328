import type { ModelEntry } from '../models/manifest.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { type Affine, applyAffine } from './affine.ts';
import { createBlazefaceDecoder } from './blazeface.ts';
import { type Detection, mergeOverlaps, prominence } from './detection.ts';
import { createWarp } from './warp.ts';
import { decodeYunet } from './yunet.ts';

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

type Look = (pyramid: Pyramid, view: View) => Promise<Detection[]>;

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

function blazefaceDetector(model: OnnxModel): Look {
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
function yunetDetector(model: OnnxModel): Look {
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
