import sharp from 'sharp';
import type { Photo } from './find-people.ts';
import { cast, peopleOf, type Trial } from './trial.ts';

/** Width of one photograph in the annotated picture, pixels. */
const WIDTH = 960;
const GAP = 16;
const HEAD = 56;

interface Label {
  box: { x: number; y: number; width: number; height: number };
  text: string;
  colour: string;
}

/** The photographs side by side with every face boxed and what Gatehouse said of it. PNG. */
export async function annotate(photos: readonly Photo[], trials: readonly Trial[]): Promise<Buffer> {
  const shown = [...Object.keys(cast.enrolled), ...cast.strangers];
  const tiles = await Promise.all(
    shown
      .flatMap((name) => photos.filter((photo) => photo.name === name))
      .map((photo) => tile(photo, labels(photo, photos, trials))),
  );
  const rows = Array.from({ length: Math.ceil(tiles.length / 2) }, (_, row) =>
    tiles.slice(2 * row, 2 * row + 2),
  );
  const heights = rows.map((row) => Math.max(...row.map(({ height }) => height)));
  const tops = heights.map(
    (_, row) => HEAD + heights.slice(0, row).reduce((sum, height) => sum + height + GAP, 0),
  );
  const height = HEAD + heights.reduce((sum, one) => sum + one + GAP, 0);
  const width = 2 * WIDTH + 3 * GAP;
  const head = `<svg width="${width}" height="${HEAD}" xmlns="http://www.w3.org/2000/svg">
    <text x="${GAP}" y="37" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="24" fill="#e8eaed">Gatehouse demo</text>
    ${legend(260, known, 'enrolled, and recognized in every altered copy')}
    ${legend(860, unknown, 'stranger, not recognized')}
    ${legend(1240, wrong, 'wrong answer')}
  </svg>`;
  return sharp({ create: { width, height, channels: 3, background: '#17191c' } })
    .composite([
      { input: Buffer.from(head), left: 0, top: 0 },
      ...rows.flatMap((row, index) =>
        row.map(({ image }, column) => ({
          input: image,
          left: GAP + column * (WIDTH + GAP),
          top: tops[index] ?? 0,
        })),
      ),
    ])
    .png({ palette: true, quality: 90 })
    .toBuffer();
}

const known = '#3ddc84';
const unknown = '#f5b942';
const wrong = '#ff5c5c';

const legend = (x: number, colour: string, text: string) =>
  `<rect x="${x}" y="20" width="20" height="20" rx="3" fill="none" stroke="${colour}" stroke-width="4"/>
   <text x="${x + 30}" y="37" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="20" fill="#c4c7cc">${text}</text>`;

function labels(photo: Photo, photos: readonly Photo[], trials: readonly Trial[]): Label[] {
  const { people, strangers } = peopleOf(photos);
  const named = [
    ...people.map((person) => ({ person, enrolled: true })),
    ...strangers.map((person) => ({ person, enrolled: false })),
  ].filter(({ person }) => person.photo === photo.name);
  return named.map(({ person, enrolled }) => {
    const asked = trials.filter(({ who }) => who === person.name);
    const right = asked.filter((trial) => trial.right);
    const colour = right.length < asked.length ? wrong : enrolled ? known : unknown;
    return { box: person.box, text: `${person.name}: ${right.length}/${asked.length} right`, colour };
  });
}

async function tile(photo: Photo, faces: readonly Label[]): Promise<{ image: Buffer; height: number }> {
  const scale = WIDTH / photo.width;
  const height = Math.round(photo.height * scale);
  const marks = faces.map(({ box, text, colour }) => {
    const [x, y, width, tall] = [box.x, box.y, box.width, box.height].map((value) =>
      Math.round(value * scale),
    ) as [number, number, number, number];
    const plate = 12 + text.length * 7.9;
    const left = Math.min(Math.max(2, x + width / 2 - plate / 2), WIDTH - plate - 2);
    const top = Math.max(2, y - 28);
    return `<rect x="${x}" y="${y}" width="${width}" height="${tall}" rx="6" fill="none" stroke="${colour}" stroke-width="3"/>
      <rect x="${left}" y="${top}" width="${plate}" height="24" rx="4" fill="#17191c" fill-opacity="0.85"/>
      <text x="${left + 6}" y="${top + 17}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="14" fill="${colour}">${text}</text>`;
  });
  const overlay = `<svg width="${WIDTH}" height="${height}" xmlns="http://www.w3.org/2000/svg">${marks.join('')}</svg>`;
  const image = await sharp(photo.bytes)
    .rotate()
    .resize(WIDTH, height)
    .composite([{ input: Buffer.from(overlay) }])
    .png()
    .toBuffer();
  return { image, height };
}
