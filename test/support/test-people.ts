import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { type TestOutcome, testOutcomes } from '../../service/lib/test-outcome.ts';

/**
 * Draws the pictures of the test people (docs/TESTING.md): our own drawings, of no person. `node test/support/test-people.ts` writes them
 * to engine/matching/test-people/pictures.json, by which the service recognizes them; a new drawing is another picture for integrators.
 */
const looks: Record<TestOutcome, { sign: string; color: string }> = {
  verified: { sign: '✓', color: '#2f7d4f' },
  'not-matched': { sign: '≠', color: '#8a5a00' },
  'refused-by-liveness': { sign: '▢', color: '#a3262a' },
  'two-faces': { sign: '2', color: '#a3262a' },
  review: { sign: '?', color: '#2b5c9e' },
  duplicate: { sign: '=', color: '#6b4a9c' },
  expired: { sign: '…', color: '#5b6470' },
};

const head = (x: number, size: number, skin: string, hair: string) => `
  <g transform="translate(${x} 300) scale(${size})">
    <path d="M-150 330c0-110 60-150 150-150s150 40 150 150z" fill="#53606e"/>
    <rect x="-34" y="110" width="68" height="90" rx="30" fill="${skin}"/>
    <ellipse cx="0" cy="0" rx="112" ry="142" fill="${skin}"/>
    <path d="M-116-10c-8-110 40-152 116-152s124 42 116 152c-18-62-52-92-116-92s-98 30-116 92z" fill="${hair}"/>
    <g fill="#fff"><ellipse cx="-44" cy="-8" rx="22" ry="13"/><ellipse cx="44" cy="-8" rx="22" ry="13"/></g>
    <g fill="#33414e"><circle cx="-44" cy="-8" r="10"/><circle cx="44" cy="-8" r="10"/></g>
    <g stroke="${hair}" stroke-width="8" stroke-linecap="round" fill="none"><path d="M-66-38q22-12 44 0"/><path d="M22-38q22-12 44 0"/></g>
    <path d="M0 0q-14 44 6 46" stroke="#00000040" stroke-width="7" fill="none" stroke-linecap="round"/>
    <path d="M-40 82q40 30 80 0" stroke="#8c3b3b" stroke-width="9" fill="none" stroke-linecap="round"/>
  </g>`;

function faces(outcome: TestOutcome): string {
  if (outcome === 'two-faces')
    return head(140, 0.62, '#d9a78a', '#3b2a20') + head(345, 0.62, '#8d5b3f', '#1d1613');
  if (outcome === 'not-matched') return head(240, 1, '#8d5b3f', '#1d1613');
  const one = head(240, 1, '#d9a78a', '#3b2a20');
  // A picture of a screen that shows the face.
  return outcome === 'refused-by-liveness'
    ? `<rect x="66" y="86" width="348" height="440" rx="26" fill="#15191e"/><rect x="86" y="106" width="308" height="400" fill="#b9c4cf"/><g transform="translate(60 76) scale(.75)">${one}</g>`
    : one;
}

export const drawTestPerson = (outcome: TestOutcome): Promise<Buffer> => {
  const { sign, color } = looks[outcome];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="640">
    <rect width="480" height="640" fill="#dfe5ea"/>${faces(outcome)}
    <rect y="560" width="480" height="80" fill="${color}"/>
    <text x="240" y="611" font-family="sans-serif" font-size="34" fill="#fff" text-anchor="middle">${sign}  ${outcome}</text>
  </svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 72, mozjpeg: false }).toBuffer();
};

const home = fileURLToPath(import.meta.resolve('../../service/engine/matching/test-people/pictures.json'));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const drawn: Record<string, string> = {};
  for (const outcome of testOutcomes) drawn[outcome] = (await drawTestPerson(outcome)).toString('base64');
  writeFileSync(home, `${JSON.stringify(drawn, null, 2)}\n`);
}
