/**
 * The fields of an ONNX ModelProto that every file has: ir_version (field 1, a varint of 3 or more) and graph (field 7). Reads
 * the top level of the protobuf only; the runtime judges the rest.
 */
export function looksLikeOnnx(bytes: Uint8Array): boolean {
  let at = 0;
  let version = 0;
  let graph = false;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; at < bytes.length; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      if (shift > 2 ** 56) break;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const key = varint();
    if (!(key >= 8)) return false;
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0: {
        const value = varint();
        if (Number.isNaN(value)) return false;
        if (field === 1) version = value;
        break;
      }
      case 2: {
        const length = varint();
        at += length;
        if (field === 7) graph = true;
        break;
      }
      default:
        return false;
    }
    if (!(at <= bytes.length)) return false;
  }
  return graph && version >= 3 && version < 100;
}
