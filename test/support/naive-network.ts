/** A feature map with channels first. Slow and plain on purpose: what converted networks are compared with. */
export interface Map3 {
  channels: number;
  height: number;
  width: number;
  data: Float64Array;
}

export interface ConvolutionOptions {
  stride?: number;
  /** Zeros above and left, below and right. */
  pads?: readonly [before: number, after: number];
  groups?: number;
  bias?: ArrayLike<number>;
}

export function map3(channels: number, height: number, width: number, value: (i: number) => number): Map3 {
  return {
    channels,
    height,
    width,
    data: Float64Array.from({ length: channels * height * width }, (_, i) => value(i)),
  };
}

const at = ({ height, width, data }: Map3, c: number, y: number, x: number): number =>
  y < 0 || x < 0 || y >= height || x >= width ? 0 : data[(c * height + y) * width + x]!;

/** `kernel` is [outputs, inputs / groups, side, side], row-major. */
export function convolve(
  input: Map3,
  kernel: ArrayLike<number>,
  outputs: number,
  side: number,
  { stride = 1, pads: [before, after] = [0, 0], groups = 1, bias }: ConvolutionOptions = {},
): Map3 {
  const perGroup = input.channels / groups;
  const size = (length: number) => Math.floor((length + before + after - side) / stride) + 1;
  const [height, width] = [size(input.height), size(input.width)];
  return map3(outputs, height, width, (i) => {
    const [o, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const first = Math.floor(o / (outputs / groups)) * perGroup;
    let sum = bias?.[o] ?? 0;
    for (let c = 0; c < perGroup; c++) {
      for (let ky = 0; ky < side; ky++) {
        for (let kx = 0; kx < side; kx++) {
          const weight = kernel[((o * perGroup + c) * side + ky) * side + kx]!;
          sum += weight * at(input, first + c, y * stride + ky - before, x * stride + kx - before);
        }
      }
    }
    return sum;
  });
}

/** The value of every element, given its channel. */
export function mapChannels(input: Map3, value: (x: number, channel: number) => number): Map3 {
  const plane = input.height * input.width;
  return { ...input, data: input.data.map((x, i) => value(x, Math.floor(i / plane))) };
}

export const addMaps = (a: Map3, b: Map3): Map3 => ({ ...a, data: a.data.map((x, i) => x + b.data[i]!) });

/** Mean of each channel. */
export function channelMeans({ channels, height, width, data }: Map3): number[] {
  const plane = height * width;
  return Array.from(
    { length: channels },
    (_, c) => data.subarray(c * plane, (c + 1) * plane).reduce((a, b) => a + b, 0) / plane,
  );
}

/** The same numbers with channels last, as TensorFlow keeps them. */
export function channelsLast({ channels, height, width, data }: Map3): number[] {
  const plane = height * width;
  return Array.from(
    { length: data.length },
    (_, i) => data[(i % channels) * plane + Math.floor(i / channels)]!,
  );
}

/** Numbers between -1 and 1 that look random and never change (a linear congruential generator). */
export function createNoise(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x40000000 - 1;
  };
}
