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

function decode(
  spec: WeightSpec,
  count: number,
  view: DataView,
): { values: Weight['values']; bytes: number } {
  const { dtype, quantization } = spec;
  if (quantization === undefined) {
    if (dtype === 'float32') {
      return {
        values: Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true)),
        bytes: 4 * count,
      };
    }
    if (dtype === 'int32') {
      return {
        values: Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true)),
        bytes: 4 * count,
      };
    }
  } else if (dtype === 'float32') {
    const { dtype: stored, scale, min } = quantization;
    if (stored === 'float16') {
      const values = Float32Array.from({ length: count }, (_, i) => halfToFloat(view.getUint16(2 * i, true)));
      return { values, bytes: 2 * count };
    }
    if (stored === 'uint8' && scale !== undefined && min !== undefined) {
      const values = Float32Array.from({ length: count }, (_, i) => view.getUint8(i) * scale + min);
      return { values, bytes: count };
    }
  }
  throw new Error(
    `The weight ${spec.name} is stored as ${dtype}/${quantization?.dtype ?? 'plain'}, which is not known here.`,
  );
}

/**
 * Reads the weights of one TF.js group from its shards put end to end. Quantised values are `stored * scale + min`,
 * per weight. Throws unless the bytes are consumed exactly.
 */
export function readWeights(specs: readonly WeightSpec[], shards: Uint8Array): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  let at = 0;
  for (const spec of specs) {
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const view = new DataView(shards.buffer, shards.byteOffset + at, shards.byteLength - at);
    const { values, bytes } = decode(spec, count, view);
    weights.set(spec.name, { shape: spec.shape, values });
    at += bytes;
  }
  if (at !== shards.byteLength) {
    throw new Error(`The weights take ${at} bytes, the file has ${shards.byteLength}.`);
  }
  return weights;
}
