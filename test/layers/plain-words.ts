/** STYLE R18: write the noun (caller, operator, receiver, person) and the plain verb (report, show, receive) instead. */
const REFUSED = [
  'nobody',
  'somebody',
  'anybody',
  'everybody',
  'whoever',
  'whom',
  'whomever',
  'tell',
  'tells',
  'telling',
  'told',
  'hear',
  'hears',
  'hearing',
  'heard',
  'take down',
  'takes down',
  'taken down',
  'took down',
];
/** `inWords` as a name only: "in words" is plain. */
const refused = new RegExp(`\\b(?:${REFUSED.join('|')}|(?-i:in Words))s?\\b`, 'gi');

/** Lines that keep such a word, by file: a part of the line, and why. */
const allowedLines: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'test/support/postgres.ts': {
    'else `nobody`': 'the system account of that name',
    "['postgres', 'nobody']": 'the same',
    'no account postgres or nobody': 'the same',
  },
};

/** camelCase and snake_case names are read as words: `tellOwner`, `told_alerts`, `inWords`. */
const toWords = (line: string) => line.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ');

/** One sentence for each line of `text` with a refused word, and for each allowed line that no longer has one. */
export function findUnplainWords(
  file: string,
  text: string,
  allowed: Readonly<Record<string, Readonly<Record<string, string>>>> = allowedLines,
): string[] {
  const parts = Object.keys(allowed[file] ?? {});
  const used = new Set<string>();
  const faults = text.split('\n').flatMap((line, at) => {
    const words = toWords(line).match(refused);
    if (!words) return [];
    const part = parts.find((one) => line.includes(one));
    if (part === undefined)
      return [`${file}:${at + 1} says "${words.join('", "')}": write the noun or the plain verb (R18)`];
    used.add(part);
    return [];
  });
  const unused = parts.filter((part) => !used.has(part));
  return [
    ...faults,
    ...unused.map((part) => `${file} has no line with "${part}": remove it from test/layers/plain-words.ts`),
  ];
}
