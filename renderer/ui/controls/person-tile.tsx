/** Pairs of a ground and a figure, quiet in both schemes. */
const colors = [
  ['#c9d6e0', '#5a7a94'],
  ['#ddcfd2', '#8b6170'],
  ['#d9dfc4', '#71803f'],
  ['#cfe0d8', '#4d8570'],
  ['#e5dcc3', '#8a7138'],
  ['#d8d2e2', '#6d6288'],
] as const;
const figures = [
  'M0 24 24 0v24z',
  'M0 0h24L0 24z',
  'M12 4a8 8 0 1 1 0 16a8 8 0 1 1 0-16z',
  'M24 24A24 24 0 0 0 0 0v24z',
];

/** The same number for the same text, spread over all 32 bits (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}

export const tileOf = (id: string) => {
  const hash = hashOf(id);
  const [ground, figure] = colors[hash % colors.length] ?? colors[0];
  return { ground, figure, shape: figures[(hash >>> 8) % figures.length], turn: ((hash >>> 16) % 4) * 90 };
};

/** An abstract sign for a person, drawn from the id: never a face. */
export function PersonTile({ id, size = 28 }: { id: string; size?: number }) {
  const { ground, figure, shape, turn } = tileOf(id);
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      style={{ borderRadius: 6, flex: 'none' }}
    >
      <rect width="24" height="24" fill={ground} />
      <path d={shape} fill={figure} transform={`rotate(${turn} 12 12)`} />
    </svg>
  );
}
