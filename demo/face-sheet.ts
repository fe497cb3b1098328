import sharp from 'sharp';
import type { Photo } from './find-people.ts';
import { type Person, peopleOf, type Trial } from './trial.ts';

/** Pixels; the sheet is looked at in half its size. */
const FACE = 196;
const FRAME = 6;
const GAP = 16;
const TEXT = 23;
const PLATE = 42;
const COLUMNS = 9;
const FONT = 'DejaVu Sans, Helvetica, Arial, sans-serif';
/** Head and hair: the side of what is shown over the width of the face. */
const MARGIN = 1.5;

const colours = { known: '#3ddc84', unknown: '#f5b942', wrong: '#ff5c5c' };

/** What the colors of the frames mean. */
export const legend = [
  [colours.known, 'enrolled, and recognized every time'],
  [colours.unknown, 'stranger, never recognized'],
  [colours.wrong, 'a wrong answer'],
] as const;

/** Every face with its name and how many of its answers are right: those enrolled, then the strangers. Heads alone, of the photographs nothing else. PNG. */
export async function faceSheet(photos: readonly Photo[], trials: readonly Trial[]): Promise<Buffer> {
  const { people, strangers } = peopleOf(photos);
  const groups = [people, strangers];
  const tall = FACE + 2 * FRAME + PLATE;
  const wide = FACE + 2 * FRAME;
  const layers: { input: Buffer; left: number; top: number }[] = [];
  let top = 0;
  for (const group of groups) {
    const columns = Math.ceil(group.length / Math.ceil(group.length / COLUMNS));
    for (const [index, person] of group.entries()) {
      const colour = group === people ? colours.known : colours.unknown;
      const input = await tile(person, photos, trials, colour);
      const [row, column] = [Math.floor(index / columns), index % columns];
      layers.push({ input, left: column * (wide + GAP), top: top + row * (tall + GAP) });
    }
    top += Math.ceil(group.length / columns) * (tall + GAP);
  }
  const width = COLUMNS * (wide + GAP) - GAP;
  return sharp({ create: { width, height: top - GAP, channels: 4, background: '#00000000' } })
    .composite(layers)
    .png({ palette: true, quality: 90 })
    .toBuffer();
}

async function tile(
  person: Person,
  photos: readonly Photo[],
  trials: readonly Trial[],
  colourWhenRight: string,
): Promise<Buffer> {
  const asked = trials.filter(({ who }) => who === person.name);
  const right = asked.filter((trial) => trial.right);
  const colour = right.length < asked.length ? colours.wrong : colourWhenRight;
  const [wide, tall] = [FACE + 2 * FRAME, FACE + 2 * FRAME + PLATE];
  const overlay = `<svg width="${wide}" height="${tall}" xmlns="http://www.w3.org/2000/svg">
    <rect width="${wide}" height="${tall}" rx="12" fill="#17191c"/>
    <rect x="${FRAME / 2}" y="${FRAME / 2}" width="${wide - FRAME}" height="${tall - FRAME}" rx="10" fill="none" stroke="${colour}" stroke-width="${FRAME}"/>
    <text x="${wide / 2}" y="${FACE + FRAME + PLATE * 0.68}" text-anchor="middle" font-family="${FONT}" font-size="${TEXT}" fill="${colour}">${person.name} ${right.length}/${asked.length}</text>
  </svg>`;
  return sharp(Buffer.from(overlay))
    .composite([{ input: await head(person, photos), left: FRAME, top: FRAME }])
    .png()
    .toBuffer();
}

async function head({ photo: name, box }: Person, photos: readonly Photo[]): Promise<Buffer> {
  const photo = photos.find((one) => one.name === name);
  if (!photo) throw new Error(`There is no photograph ${name}.`);
  const side = Math.min(Math.round(box.width * MARGIN), photo.width, photo.height);
  const within = (middle: number, room: number) =>
    Math.round(Math.min(Math.max(0, middle - side / 2), room - side));
  const left = within(box.x + box.width / 2, photo.width);
  const top = within(box.y + box.height / 2, photo.height);
  return sharp(photo.bytes)
    .rotate()
    .extract({ left, top, width: side, height: side })
    .resize(FACE, FACE)
    .toBuffer();
}
