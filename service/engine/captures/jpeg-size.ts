export interface JpegSize {
  width: number;
  height: number;
  /** Decoded in one pass, as cameras and browsers make them; another may take many. */
  sequential: boolean;
}

/** From the header of a JPEG; undefined if it is not one. Decodes no pixels. */
export function jpegSize(bytes: Uint8Array): JpegSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    const length = view.getUint16(at + 2);
    if (length < 2) return undefined;
    // Start of a frame: every 0xCn but the tables DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        sequential: marker === 0xc0 || marker === 0xc1,
      };
    at += 2 + length;
  }
  return undefined;
}
