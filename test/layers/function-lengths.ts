import ts from 'typescript';

/** Lines that a function may have, from its first to its closing brace. */
const LONGEST = 80;

export interface FunctionLength {
  /** `FILE NAME`; NAME is `(anonymous)` where the function has none. */
  name: string;
  lines: number;
}

const isMeasured = (file: string) =>
  /\.(tsx?|mts|mjs)$/.test(file) &&
  !/\.test\.tsx?$|\.d\.ts$|(^|[/-])schema\.ts$|\/migrations\//.test(file) &&
  file !== 'sdk/admin/paths.ts';

/** Functions over the limit that no other function contains: one inside them is shorter than they are. */
export function findLongFunctions(file: string, text: string): FunctionLength[] {
  if (!isMeasured(file)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineOf = (at: number) => source.getLineAndCharacterOfPosition(at).line;
  const found: FunctionLength[] = [];
  const visit = (node: ts.Node): void => {
    if (!ts.isFunctionLike(node)) {
      ts.forEachChild(node, visit);
      return;
    }
    const lines = lineOf(node.end) - lineOf(node.getStart()) + 1;
    if (lines > LONGEST) found.push({ name: `${file} ${nameOf(node)}`, lines });
  };
  visit(source);
  return found;
}

function nameOf({ name, parent }: ts.SignatureDeclaration): string {
  if (name) return name.getText();
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : '(anonymous)';
}

/** One sentence for each function that is too long, or longer than `known` allows it to be, and for each of `known` that is not too long now. */
export function compareLongFunctions(
  found: readonly FunctionLength[],
  known: Readonly<Record<string, number>>,
): string[] {
  const now = new Map(found.map(({ name, lines }) => [name, lines]));
  return [
    ...found.flatMap(({ name, lines }) => {
      const limit = known[name] ?? LONGEST;
      return lines > limit ? [`${name} has ${lines} lines, and ${limit} are allowed: split it`] : [];
    }),
    ...Object.keys(known)
      .filter((name) => !now.has(name))
      .map(
        (name) =>
          `${name} is gone or has at most ${LONGEST} lines: remove it from test/layers/long-functions.ts`,
      ),
  ];
}
