/** What happens once, from its entrance to its end, as a reader follows it. */
export interface Walk {
  name: string;
  /** `FILE#NAME`: where to read on. Each name after the first is used in the file of an earlier step. */
  steps: readonly string[];
}

export interface WalkFigures {
  files: number;
  lines: number;
}

/** The goal: a walk is read in at most so many files. */
export const MOST_FILES = 20;
/** A walk may grow by a tenth against the committed figures. */
const GROWTH = 1.1;

/** How many files a reader opens, how many lines these have, and one sentence for each step that does not hold. */
export function measureWalk(
  { name, steps }: Walk,
  textOf: (file: string) => string | undefined,
): WalkFigures & { faults: string[] } {
  const texts = new Map<string, string>();
  const faults: string[] = [];
  for (const step of steps) {
    const [file = '', symbol = ''] = step.split('#');
    const text = texts.get(file) ?? textOf(file);
    const word = new RegExp(`\\b${symbol}\\b`);
    if (text === undefined || symbol === '' || !word.test(text))
      faults.push(`walk "${name}": ${file} has no ${symbol}: correct test/layers/walks-list.ts`);
    else if (texts.size > 0 && ![...texts.values()].some((earlier) => word.test(earlier)))
      faults.push(
        `walk "${name}": no earlier step uses ${symbol} of ${file}: name the step that leads there`,
      );
    texts.set(file, text ?? '');
  }
  const lines = [...texts.values()].reduce((sum, text) => sum + text.split('\n').length - 1, 0);
  return { files: texts.size, lines, faults };
}

/** One sentence for each walk that grew by more than a tenth against `kept`. */
export function findLongerWalks(
  measured: Readonly<Record<string, WalkFigures>>,
  kept: Readonly<Record<string, WalkFigures>>,
): string[] {
  return Object.entries(measured).flatMap(([name, { files, lines }]) => {
    const before = kept[name];
    if (!before) return [`walk "${name}" has no figures yet: npm run layers -- --keep`];
    return files > before.files * GROWTH || lines > before.lines * GROWTH
      ? [
          `walk "${name}" grew from ${before.files} files with ${before.lines} lines to ${files} with ${lines}: ` +
            'shorten it, or say in the commit why it is longer (npm run layers -- --keep)',
        ]
      : [];
  });
}
