import sharp from 'sharp';
import { type Chance, createChance, type RandomBytes } from '../../lib/random/chance.ts';

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

/**
 * Drawings of a square of 100 by 100, in one color (`currentColor`) on paper that shows through holes. Our own, so that no font of the box is
 * needed and no color gives one away.
 */
const labelDrawings = {
  target:
    '<g fill="none" stroke="currentColor" stroke-width="8"><circle cx="50" cy="50" r="38"/><circle cx="50" cy="50" r="21"/></g><circle cx="50" cy="50" r="8"/>',
  herb: '<path d="M48 92V28" stroke="currentColor" stroke-width="6" fill="none"/><path d="M48 32Q46 12 56 6Q66 20 50 34ZM48 52Q24 50 18 32Q40 28 48 48ZM50 52Q74 48 80 30Q56 28 50 48ZM48 74Q22 74 12 56Q38 50 48 70ZM50 74Q78 72 86 54Q58 50 50 70Z"/>',
  star: '<path d="M50 6L63 37L96 40L71 62L79 95L50 77L21 95L29 62L4 40L37 37Z"/>',
  moon: '<path d="M62 8A44 44 0 1 0 92 70A38 38 0 0 1 62 8Z"/>',
  house:
    '<path fill-rule="evenodd" d="M50 8L94 48H82V92H18V48H6ZM42 62V92H58V62ZM26 52V66H38V52ZM64 52V66H76V52Z"/>',
  tree: '<path d="M50 4L72 34H62L80 60H66L86 84H57V97H43V84H14L34 60H20L38 34H28Z"/>',
  fish: '<path fill-rule="evenodd" d="M4 50Q30 16 66 44L92 22Q86 50 92 78L66 56Q30 84 4 50ZM22 40A6 6 0 1 0 22 52A6 6 0 1 0 22 40Z"/>',
  key: '<path fill-rule="evenodd" d="M28 26A24 24 0 1 0 50 58H62V70H74V58H80V74H92V44H50A24 24 0 0 0 28 26ZM28 40A10 10 0 1 1 28 61A10 10 0 1 1 28 40Z"/>',
  umbrella:
    '<path d="M6 54Q10 12 50 10Q90 12 94 54Q82 44 72 54Q61 44 50 54Q39 44 28 54Q18 44 6 54Z"/><path d="M50 4V80Q50 92 61 92Q70 92 70 82" stroke="currentColor" stroke-width="6" fill="none"/>',
  cup: '<path d="M14 40H74V76Q74 90 60 90H28Q14 90 14 76Z"/><path d="M74 48H80Q92 48 92 60Q92 74 74 74" stroke="currentColor" stroke-width="6" fill="none"/><path d="M32 32Q26 22 33 12M50 32Q44 22 51 12" stroke="currentColor" stroke-width="5" fill="none"/>',
  boat: '<path d="M50 4V66H12ZM56 16L90 66H56ZM4 72H96L82 94H18Z"/>',
  bell: '<path d="M50 4Q57 4 57 13Q78 19 78 46Q78 68 90 78H10Q22 68 22 46Q22 19 43 13Q43 4 50 4ZM38 83H62Q60 96 50 96Q40 96 38 83Z"/>',
  flower:
    '<path fill-rule="evenodd" d="M50 4Q66 4 64 30Q86 16 94 32Q98 48 72 52Q92 68 80 82Q66 90 50 68Q34 90 20 82Q8 68 28 52Q2 48 6 32Q14 16 36 30Q34 4 50 4ZM50 38A11 11 0 1 0 50 60A11 11 0 1 0 50 38Z"/>',
  mushroom:
    '<path fill-rule="evenodd" d="M50 8Q92 10 94 54H62Q60 74 66 92H34Q40 74 38 54H6Q8 10 50 8ZM34 26A7 7 0 1 0 34 40A7 7 0 1 0 34 26ZM64 20A8 8 0 1 0 64 36A8 8 0 1 0 64 20Z"/>',
  apple:
    '<path d="M50 34Q36 22 20 34Q2 54 22 84Q34 100 50 90Q66 100 78 84Q98 54 80 34Q64 22 50 34Z"/><path d="M50 32Q50 16 60 6" stroke="currentColor" stroke-width="6" fill="none"/><path d="M58 20Q66 8 82 12Q76 26 58 20Z"/>',
  balloon:
    '<path d="M50 4Q82 6 82 38Q80 62 52 72L58 80H42L48 72Q20 62 18 38Q18 6 50 4Z"/><path d="M50 78Q40 86 50 90Q58 94 50 99" stroke="currentColor" stroke-width="3" fill="none"/>',
  rocket:
    '<path fill-rule="evenodd" d="M50 2Q72 22 68 58L84 74V90L66 78H34L16 90V74L32 58Q28 22 50 2ZM50 28A9 9 0 1 0 50 46A9 9 0 1 0 50 28ZM40 82H60L50 99Z"/>',
  anchor:
    '<g fill="none" stroke="currentColor" stroke-width="8"><circle cx="50" cy="16" r="9"/><path d="M50 25V90M30 40H70M10 60Q16 90 50 90Q84 90 90 60"/></g>',
  bulb: '<path d="M50 4Q82 6 82 38Q80 54 66 66V76H34V66Q20 54 18 38Q18 6 50 4ZM35 80H65V86H35ZM40 90H60V96H40Z"/>',
  heart: '<path d="M50 92Q2 58 6 32Q12 8 34 10Q46 12 50 26Q54 12 66 10Q88 8 94 32Q98 58 50 92Z"/>',
} as const;

export type LabelName = keyof typeof labelDrawings;
