import sharp from 'sharp';
import type { Photo } from './find-people.ts';
import { cast, peopleOf, type Trial } from './trial.ts';

/** Of the whole picture, pixels. */
const WIDTH = 1936;
const GAP = 16;
/** The picture is looked at in half its size. */
const TEXT = 26;
const FONT = 'DejaVu Sans, Helvetica, Arial, sans-serif';
/** Of DejaVu Sans, the widest of these, in parts of the size. */
const ADVANCE = 0.64;
const PAD = 9;

interface Label {
  box: { x: number; y: number; width: number; height: number };
  text: string;
  colour: string;
}

const colours = { known: '#3ddc84', unknown: '#f5b942', wrong: '#ff5c5c' };

/** What the colours of the boxes mean. */
export const legend = [
  [colours.known, 'enrolled, and recognized every time'],
  [colours.unknown, 'stranger, never recognized'],
  [colours.wrong, 'a wrong answer'],
] as const;

/** The photographs, two in a row and each row as wide as the others, with every face boxed and what Gatehouse said of it. PNG. */
export async function annotate(photos: readonly Photo[], trials: readonly Trial[]): Promise<Buffer> {
  const shown = [...Object.keys(cast.enrolled), ...cast.strangers].flatMap((name) =>
    photos.filter((photo) => photo.name === name),
  );
  const rows = Array.from({ length: Math.ceil(shown.length / 2) }, (_, row) =>
    shown.slice(2 * row, 2 * row + 2),
  );
  let top = 0;
  const layers: { input: Buffer; left: number; top: number }[] = [];
  for (const row of rows) {
    const shapes = row.map((photo) => photo.width / photo.height);
    const room = WIDTH - GAP * (row.length - 1);
    const height = Math.round(room / shapes.reduce((sum, shape) => sum + shape, 0));
    let left = 0;
    for (const [index, photo] of row.entries()) {
      const last = index === row.length - 1;
      const width = last ? WIDTH - left : Math.round(height * shapes[index]!);
      layers.push({ input: await tile(photo, labels(photo, photos, trials), { width, height }), left, top });
      left += width + GAP;
    }
    top += height + GAP;
  }
  return sharp({ create: { width: WIDTH, height: top - GAP, channels: 4, background: '#00000000' } })
    .composite(layers)
    .png({ palette: true, quality: 90 })
    .toBuffer();
}

function labels(photo: Photo, photos: readonly Photo[], trials: readonly Trial[]): Label[] {
  const { people, strangers } = peopleOf(photos);
  const named = [
    ...people.map((person) => ({ person, enrolled: true })),
    ...strangers.map((person) => ({ person, enrolled: false })),
  ].filter(({ person }) => person.photo === photo.name);
  return named.map(({ person, enrolled }) => {
    const asked = trials.filter(({ who }) => who === person.name);
    const right = asked.filter((trial) => trial.right);
    const colour = right.length < asked.length ? colours.wrong : enrolled ? colours.known : colours.unknown;
    return { box: person.box, text: `${person.name} ${right.length}/${asked.length}`, colour };
  });
}

async function tile(
  photo: Photo,
  faces: readonly Label[],
  { width, height }: { width: number; height: number },
): Promise<Buffer> {
  const scale = width / photo.width;
  const tall = TEXT + 2 * PAD;
  const taken: { left: number; right: number; top: number }[] = [];
  const marks = faces.map(({ box, text, colour }) => {
    const [x, y, wide, high] = [box.x, box.y, box.width, box.height].map((value) =>
      Math.round(value * scale),
    ) as [number, number, number, number];
    const plate = Math.round(2 * PAD + text.length * TEXT * ADVANCE);
    const left = Math.min(Math.max(4, x + wide / 2 - plate / 2), width - plate - 4);
    // Above the face, or below it where a neighbour's plate is in the way.
    const above = Math.max(4, y - tall - 4);
    const free = (top: number) =>
      taken.every(
        (other) => left >= other.right || left + plate <= other.left || Math.abs(top - other.top) >= tall + 4,
      );
    const top = free(above) ? above : Math.min(height - tall - 4, y + high + 4);
    taken.push({ left, right: left + plate, top });
    return `<rect x="${x}" y="${y}" width="${wide}" height="${high}" rx="8" fill="none" stroke="${colour}" stroke-width="5"/>
      <rect x="${left}" y="${top}" width="${plate}" height="${tall}" rx="6" fill="#17191c" fill-opacity="0.85"/>
      <text x="${left + plate / 2}" y="${top + PAD + TEXT * 0.83}" text-anchor="middle" font-family="${FONT}" font-size="${TEXT}" fill="${colour}">${text}</text>`;
  });
  const overlay = `<svg width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">${marks.join('')}</svg>`;
  return sharp(photo.bytes)
    .rotate()
    .resize(width, height)
    .composite([{ input: Buffer.from(overlay) }])
    .png()
    .toBuffer();
}
