import { writeFileSync } from 'node:fs';
import sharp from 'sharp';

const WIDTH = 640;
const HEIGHT = 480;
const clamp = (value: number) => Math.max(0, Math.min(255, value));

/**
 * A video that Chromium shows as its camera (`--use-file-for-fake-video-capture`), of one still picture: YUV 4:2:0 in BT.601 limited
 * range, as ffmpeg makes it.
 */
export async function writeFakeCamera(file: string, picture: Buffer, { rate = 15 } = {}): Promise<void> {
  const rgb = await sharp(picture)
    .resize(WIDTH, HEIGHT, { fit: 'contain', background: '#8a8f92' })
    .removeAlpha()
    .raw()
    .toBuffer();
  const [y, u, v] = [WIDTH * HEIGHT, (WIDTH * HEIGHT) / 4, (WIDTH * HEIGHT) / 4].map((size) =>
    Buffer.alloc(size),
  );
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const at = (row * WIDTH + column) * 3;
      const [red, green, blue] = [rgb[at]!, rgb[at + 1]!, rgb[at + 2]!];
      y![row * WIDTH + column] = 16 + clamp((65.738 * red + 129.057 * green + 25.064 * blue) / 256);
      if (row % 2 || column % 2) continue;
      const chroma = (row / 2) * (WIDTH / 2) + column / 2;
      u![chroma] = clamp(128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256);
      v![chroma] = clamp(128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256);
    }
  }
  const frame = Buffer.concat([Buffer.from('FRAME\n'), y!, u!, v!]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${rate}:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(file, Buffer.concat([head, ...Array.from({ length: 15 }, () => frame)]));
}
