/** Upright 8-bit sRGB pixels, three bytes each, row by row without padding. */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** A picture and its successive halves, made when first asked for: what a crop samples without aliasing. */
export interface Pyramid {
  /** Level 0 is the picture; each next one has half the sides (rounded down, at least 1). */
  level(index: number): Picture;
  /** The deepest level. */
  readonly depth: number;
}

export function createPyramid(picture: Picture): Pyramid {
  const levels = [picture];
  const depth = Math.floor(Math.log2(Math.min(picture.width, picture.height)));
  return {
    depth,
    level(index) {
      while (levels.length <= index) levels.push(halve(levels.at(-1)!));
      return levels[index]!;
    },
  };
}

function halve({ width, height, pixels }: Picture): Picture {
  const w = Math.max(1, width >> 1);
  const h = Math.max(1, height >> 1);
  const out = new Uint8Array(w * h * 3);
  const stride = width * 3;
  let to = 0;
  for (let y = 0; y < h; y++) {
    let from = 2 * y * stride;
    for (let x = 0; x < w; x++, from += 6, to += 3) {
      const below = from + stride;
      out[to] = (pixels[from]! + pixels[from + 3]! + pixels[below]! + pixels[below + 3]! + 2) >> 2;
      out[to + 1] =
        (pixels[from + 1]! + pixels[from + 4]! + pixels[below + 1]! + pixels[below + 4]! + 2) >> 2;
      out[to + 2] =
        (pixels[from + 2]! + pixels[from + 5]! + pixels[below + 2]! + pixels[below + 5]! + 2) >> 2;
    }
  }
  return { width: w, height: h, pixels: out };
}
