import sharp from 'sharp';
import { type Chance, createChance, type RandomBytes } from '../../lib/random/chance.ts';
import { type LabelName, labelDrawings } from './label-drawings.ts';

/** Pictures of a challenge, each drawn anew: reading the payload does not give the answer, and no picture comes twice. */
export interface ChallengePictures {
  /** A square of 96 pixels as a data URL. */
  label(name: LabelName): Promise<string>;
  /** The way through these points (percent), the first ringed, with arrows; a square of 240 pixels as a data URL. */
  route(points: readonly { x: number; y: number }[]): Promise<string>;
}

const LABEL = 96;
const ROUTE = 240;
const QUALITY = 60;

export function createChallengePictures(random: RandomBytes): ChallengePictures {
  const chance = createChance(random);
  return {
    label: (name) => render(LABEL, labelSvg(labelDrawings[name], chance), chance),
    route: (points) => render(ROUTE, routeSvg(points, chance), chance),
  };
}

/** From `least` to `most` in a thousand steps. */
const between = (chance: Chance, least: number, most: number) =>
  least + ((most - least) * chance.below(1001)) / 1000;
const number = (value: number) => value.toFixed(1);

/** Light paper and dark ink, or the other way round; the ink differs from the paper in lightness by half at least. */
function drawColors(chance: Chance): { paper: string; ink: string; between: string } {
  const color = (lightness: number) =>
    `hsl(${chance.below(360)},${Math.round(between(chance, 20, 65))}%,${Math.round(lightness)}%)`;
  const light = between(chance, 80, 94);
  const dark = between(chance, 14, 30);
  const [paper, ink] = chance.below(2) === 0 ? [light, dark] : [dark, light];
  return { paper: color(paper), ink: color(ink), between: color(between(chance, 45, 65)) };
}

/** Thin lines across the picture, in a color between paper and ink. */
function strokes(chance: Chance, side: number, count: number, color: string): string {
  const at = () => number(between(chance, -0.1 * side, 1.1 * side));
  const line = () =>
    `<path d="M${at()} ${at()}Q${at()} ${at()} ${at()} ${at()}" fill="none" stroke="${color}" stroke-width="${number(between(chance, 1, 2.5))}"/>`;
  return Array.from({ length: count }, line).join('');
}

function labelSvg(drawing: string, chance: Chance): string {
  const { paper, ink, between: middle } = drawColors(chance);
  const scale = between(chance, 0.58, 0.8);
  const turn = between(chance, -24, 24);
  const [x, y] = [between(chance, -7, 7), between(chance, -7, 7)];
  const lean = between(chance, -12, 12);
  const place = `translate(${number(50 + x)} ${number(50 + y)}) rotate(${number(turn)}) skewX(${number(lean)}) scale(${scale.toFixed(3)}) translate(-50 -50)`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${LABEL}" height="${LABEL}"><rect width="100" height="100" fill="${paper}"/>${strokes(chance, 100, 3, middle)}<g transform="${place}" fill="${ink}" color="${ink}">${drawing}</g>${strokes(chance, 100, 2, middle)}</svg>`;
}

function routeSvg(points: readonly { x: number; y: number }[], chance: Chance): string {
  const { paper, ink, between: middle } = drawColors(chance);
  const dots = [1, 3, 5]
    .flatMap((row) => [1, 3, 5].map((column) => [column, row] as const))
    .map(
      ([column, row]) =>
        `<circle cx="${number((column * 100) / 6)}" cy="${number((row * 100) / 6)}" r="3" fill="${middle}"/>`,
    );
  const [first] = points;
  const arrows = points.slice(1).map((to, i) => arrow(points[i]!, to, chance, ink));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${ROUTE}" height="${ROUTE}"><rect width="100" height="100" fill="${paper}"/>${strokes(chance, 100, 4, middle)}${dots.join('')}${first ? `<circle cx="${first.x}" cy="${first.y}" r="8" fill="none" stroke="${ink}" stroke-width="2.5"/>` : ''}${arrows.join('')}</svg>`;
}

/** Bent, so that it goes past a dot that lies on the straight way. */
function arrow(
  from: { x: number; y: number },
  to: { x: number; y: number },
  chance: Chance,
  ink: string,
): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const bend = between(chance, 8, 12) * (chance.below(2) === 0 ? 1 : -1);
  const [cx, cy] = [(from.x + to.x) / 2 - (dy / length) * bend, (from.y + to.y) / 2 + (dx / length) * bend];
  const [ex, ey] = [to.x - cx, to.y - cy];
  const end = Math.hypot(ex, ey) || 1;
  const [ux, uy] = [ex / end, ey / end];
  const [tx, ty] = [to.x - ux * 4, to.y - uy * 4];
  const head = `M${number(tx)} ${number(ty)}L${number(tx - ux * 8 - uy * 4.5)} ${number(ty - uy * 8 + ux * 4.5)}L${number(tx - ux * 8 + uy * 4.5)} ${number(ty - uy * 8 - ux * 4.5)}Z`;
  return `<path d="M${number(from.x)} ${number(from.y)}Q${number(cx)} ${number(cy)} ${number(tx - ux * 6)} ${number(ty - uy * 6)}" fill="none" stroke="${ink}" stroke-width="2.5"/><path d="${head}" fill="${ink}"/>`;
}

/** Lossy, with a little noise: the same drawing is never the same bytes. */
async function render(side: number, svg: string, chance: Chance): Promise<string> {
  const { data, info } = await sharp(Buffer.from(svg)).resize(side, side).removeAlpha().raw().toBuffer({
    resolveWithObject: true,
  });
  for (let i = 0; i < data.length; i += 1 + chance.below(24)) {
    data[i] = Math.max(0, Math.min(255, data[i]! + chance.below(33) - 16));
  }
  const { width, height } = info;
  const webp = await sharp(data, { raw: { width, height, channels: 3 } })
    .webp({ quality: QUALITY })
    .toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}
