/**
 * A HEIC of one picture (scene-heic.ts) that states its color space: `color` is the payload of a `colr` box (ISO 14496-12), its type
 * first, such as `prof` and an ICC profile.
 */
export function withColor(heic: Buffer, color: Buffer): Buffer {
  const box = (type: string, payload: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + payload.length);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, payload]);
  };
  const added = box('colr', color);
  const end = (type: string) => {
    const at = heic.indexOf(type) - 4;
    return at + heic.readUInt32BE(at);
  };
  // One more property behind the others, which the only item has: one byte more in `ipma`.
  const properties = countBoxes(heic, heic.indexOf('ipco') + 4, end('ipco'));
  const [atProperties, atAssociation] = [end('ipco'), end('ipma')];
  const out = Buffer.concat([
    heic.subarray(0, atProperties),
    added,
    heic.subarray(atProperties, atAssociation),
    Buffer.of(properties + 1),
    heic.subarray(atAssociation),
  ]);
  const grow = (type: string, by: number) => {
    const at = out.indexOf(type) - 4;
    out.writeUInt32BE(out.readUInt32BE(at) + by, at);
  };
  grow('meta', added.length + 1);
  grow('iprp', added.length + 1);
  grow('ipco', added.length);
  grow('ipma', 1);
  // version and flags, count of entries, id of the item: then how many properties it has.
  const count = out.indexOf('ipma') + 4 + 4 + 4 + 2;
  out[count]! += 1;
  // version and flags, sizes, count, id, data reference: then the base offset.
  const offset = out.indexOf('iloc') + 4 + 4 + 2 + 2 + 2 + 2;
  out.writeUInt32BE(out.readUInt32BE(offset) + added.length + 1, offset);
  return out;
}

function countBoxes(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += bytes.readUInt32BE(at)) count += 1;
  return count;
}
