import sharp from 'sharp';

const [WIDTH, HEIGHT] = [300, 480];
const SIDE = 15;
const END = 45;
const ROOM = 1000;

/** A portrait as a camera sees it on a phone that is held before a wall: its frame and its paler, softer picture, as JPEG. */
export async function recapture(portrait: Buffer): Promise<Buffer> {
  const shown = await sharp(portrait)
    .resize(WIDTH, HEIGHT, { fit: 'cover' })
    .blur(0.8)
    .gamma(1.3)
    .modulate({ saturation: 0.7, brightness: 1.1 })
    .png()
    .toBuffer();
  const [width, height] = [WIDTH + 2 * SIDE, HEIGHT + 2 * END];
  const phone = await sharp({ create: { width, height, channels: 3, background: '#0a0a0a' } })
    .composite([{ input: shown, left: SIDE, top: END }])
    .png()
    .toBuffer();
  return sharp({ create: { width: ROOM, height: ROOM, channels: 3, background: '#b7ad9a' } })
    .composite([{ input: phone, left: (ROOM - width) / 2, top: (ROOM - height) / 2 }])
    .jpeg({ quality: 85 })
    .toBuffer();
}
