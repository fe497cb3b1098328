import type { Box } from '../face.ts';
import type { ModelEntry } from '../models/manifest.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { finePyramidLevel, placement } from './warp.ts';

/** Writes one model input: `crop` of the picture, normalized, at `offset` of `into`. */
export type MeanChip = (pyramid: Pyramid, crop: Box, into: Float32Array, offset: number) => void;

/** Pixels of the sampled level that a chip pixel spans at least, where the picture has them. */
const SPAN = 4;

/**
 * A chip whose pixels are the means of what they cover, so that it is as sharp at every size of the face: between two levels of the pyramid
 * bilinear sampling blurs up to twice as much. Beyond the edge lies the nearest pixel: a black border is a trace that the picture does not have.
 */
export function createMeanChip(input: ModelEntry['input']): MeanChip {
  const [width, height] = input.size;
  const { step, red, green, blue } = placement(input);
  const row = new Float64Array(width * 3);
  return (pyramid, crop, into, offset) => {
    const scale = Math.sqrt((crop.width / width) * (crop.height / height));
    const index = finePyramidLevel(scale / SPAN, pyramid.depth);
    const { pixels, ...source } = pyramid.level(index);
    const shrink = 1 / 2 ** index;
    const across = coverage(crop.x * shrink, (crop.width * shrink) / width, width, source.width);
    const down = coverage(crop.y * shrink, (crop.height * shrink) / height, height, source.height);
    for (let y = 0; y < height; y++) {
      row.fill(0);
      for (let k = down.starts[y]!; k < down.starts[y + 1]!; k++)
        addLine(pixels, down.places[k]! * source.width, across, down.weights[k]!, row);
      for (let x = 0, at = offset + y * width * step; x < width; x++, at += step) {
        into[at + red.at] = row[3 * x]! * red.mul + red.add;
        into[at + green.at] = row[3 * x + 1]! * green.mul + green.add;
        into[at + blue.at] = row[3 * x + 2]! * blue.mul + blue.add;
      }
    }
  };
}

/** Of each chip pixel along one side, from `starts[i]` to `starts[i + 1]`: pixels of the picture and their shares. */
interface Coverage {
  starts: Int32Array;
  places: Int32Array;
  weights: Float64Array;
}

function coverage(start: number, step: number, count: number, size: number): Coverage {
  const most = count * (Math.ceil(step) + 1);
  const found = {
    starts: new Int32Array(count + 1),
    places: new Int32Array(most),
    weights: new Float64Array(most),
  };
  let at = 0;
  for (let i = 0; i < count; i++) {
    const [from, to] = [start + i * step, start + (i + 1) * step];
    for (let place = Math.floor(from); place < to; place++) {
      found.places[at] = Math.min(size - 1, Math.max(0, place));
      found.weights[at++] = (Math.min(to, place + 1) - Math.max(from, place)) / step;
    }
    found.starts[i + 1] = at;
  }
  return found;
}

/** Adds the line of pixels that begins at `line`, `weight` times, to the chip's row. */
function addLine(
  pixels: Uint8Array,
  line: number,
  { starts, places, weights }: Coverage,
  weight: number,
  row: Float64Array,
): void {
  for (let x = 0, to = 0; to < row.length; x++, to += 3) {
    let [red, green, blue] = [0, 0, 0];
    for (let k = starts[x]!; k < starts[x + 1]!; k++) {
      const share = weights[k]!;
      const at = (line + places[k]!) * 3;
      red += share * pixels[at]!;
      green += share * pixels[at + 1]!;
      blue += share * pixels[at + 2]!;
    }
    row[to]! += weight * red;
    row[to + 1]! += weight * green;
    row[to + 2]! += weight * blue;
  }
}
