/** One entry of a TF.js `weightsManifest` group. */
export interface WeightSpec {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale?: number; min?: number };
}

/** A decoded weight, row-major. int32 weights (shapes, axes, paddings) are small and exact in a number. */
export interface Weight {
  shape: readonly number[];
  values: Float32Array | Int32Array;
}

/** IEEE 754 binary16, given as its 16 bits. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** How one stored number is read, and how many bytes it takes. */
interface Storage {
  bytes: number;
  whole?: boolean;
  read(view: DataView, at: number): number;
}

function storageOf({ name, dtype, quantization }: WeightSpec): Storage {
  if (quantization === undefined) {
    if (dtype === 'float32') return { bytes: 4, read: (view, at) => view.getFloat32(at, true) };
    if (dtype === 'int32') return { bytes: 4, whole: true, read: (view, at) => view.getInt32(at, true) };
  } else if (dtype === 'float32') {
    const { dtype: stored, scale, min } = quantization;
    if (stored === 'float16') return { bytes: 2, read: (view, at) => halfToFloat(view.getUint16(at, true)) };
    if (stored === 'uint8' && scale !== undefined && min !== undefined) {
      return { bytes: 1, read: (view, at) => view.getUint8(at) * scale + min };
    }
  }
  throw new Error(
    `The weight ${name} is stored as ${dtype}/${quantization?.dtype ?? 'plain'}, which is not known here.`,
  );
}

/**
 * Reads the weights of one TF.js group from its shards put end to end. Quantised values are `stored * scale + min`,
 * per weight. Throws unless the bytes are consumed exactly.
 */
export function readWeights(specs: readonly WeightSpec[], shards: Uint8Array): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  const view = new DataView(shards.buffer, shards.byteOffset, shards.byteLength);
  let at = 0;
  for (const spec of specs) {
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const { bytes, whole = false, read } = storageOf(spec);
    if (at + count * bytes > shards.byteLength) throw new Error(`The weights end before ${spec.name} does.`);
    const values = whole ? new Int32Array(count) : new Float32Array(count);
    for (let i = 0; i < count; i++, at += bytes) values[i] = read(view, at);
    weights.set(spec.name, { shape: spec.shape, values });
  }
  if (at !== shards.byteLength) {
    throw new Error(`The weights take ${at} bytes, the file has ${shards.byteLength}.`);
  }
  return weights;
}
