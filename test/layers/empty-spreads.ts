import ts from 'typescript';

/** Where an object literal is spread into another one without a condition: `...{ a, b }` says no more than `a, b`. */
export function findEmptySpreads(file: string, text: string): string[] {
  if (!text.includes('...{')) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isSpreadAssignment(node) && ts.isObjectLiteralExpression(node.expression)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1} spreads an object literal: name its properties where it stands`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
