import ts from 'typescript';

/** Where an object literal is spread into another one without a condition: `...{ a, b }` says no more than `a, b`. */
export function findEmptySpreads(file: string, text: string): string[] {
  if (!text.includes('...{')) return [];
  return spreadsIn(file, text)
    .filter(({ node }) => ts.isObjectLiteralExpression(node.expression))
    .map(({ at }) => `${at} spreads an object literal: name its properties where it stands`);
}

/**
 * Where a function of service/compose that builds something (`create…`, `open…`, `compose`) spreads an object: what a service gets is said
 * by name. Conditions (`...(tls && { certificate })`) and what a service does later are left out.
 */
export function findSpreadServices(file: string, text: string): string[] {
  if (!/^service\/compose\/.*(?<!\.test)\.ts$/.test(file)) return [];
  return spreadsIn(file, text)
    .filter(
      ({ node }) =>
        !ts.isParenthesizedExpression(node.expression) && /^(create|open|compose)/.test(builderOf(node)),
    )
    .map(({ at }) => `${at} spreads an object of services: name those that are given`);
}

/** The name of the function whose body this is a part of; empty for one without a name. */
function builderOf(node: ts.Node): string {
  const around = ts.findAncestor(node, ts.isFunctionLike);
  const holder = around?.name ? around : around?.parent;
  return holder && 'name' in holder ? ((holder as ts.NamedDeclaration).name?.getText() ?? '') : '';
}

function spreadsIn(file: string, text: string): { node: ts.SpreadAssignment; at: string }[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: { node: ts.SpreadAssignment; at: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isSpreadAssignment(node))
      found.push({ node, at: `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}` });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
