import ts from 'typescript';

/** Features that act on the rows of all others through `PersonalData`, and the tables of their own (R17). */
const ownTables: Readonly<Record<string, readonly string[]>> = {
  'service/engine/people/erasure/': ['erasure', 'erasure_node', 'known_node'],
  'service/engine/people/retention/': ['retention_sweep'],
  'service/engine/people/subject-record/': [],
};

const takesTable = /^(selectFrom|insertInto|updateTable|deleteFrom|mergeInto|replaceInto|\w+Join)$/;
const inSql = /\b(?:from|join|into|update|table)\s+([a-z_]+)/gi;

/**
 * One sentence for each table of another feature that a file of these features names: in a query, in raw SQL, as a key of the schema,
 * or as text, where the name has an underscore and so can be nothing else. A query of a table that only runs is reported too.
 */
export function findForeignTables(
  file: string,
  text: string,
  tables: ReadonlySet<string>,
  owned: Readonly<Record<string, readonly string[]>> = ownTables,
): string[] {
  const home = Object.keys(owned).find((folder) => file.startsWith(folder));
  if (home === undefined || !/\.ts$/.test(file) || /\.test\.ts$/.test(file)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const faults = new Set<string>();
  const report = (table: string, node: ts.Node) => {
    if (owned[home]!.includes(table)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    faults.add(
      `${file}:${line} names the table ${table}: its feature does this in its personal-data.ts, or exports a function for it`,
    );
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && takesTable.test(nameOf(node.expression))) {
      const [table] = node.arguments;
      const names = table && ts.isArrayLiteralExpression(table) ? [...table.elements] : [table];
      for (const name of names)
        if (name) report(ts.isStringLiteralLike(name) ? name.text.split(/\s/)[0]! : name.getText(), name);
    }
    if (ts.isTaggedTemplateExpression(node) && /^sql\b/.test(node.tag.getText())) {
      for (const [, table] of node.template.getText().matchAll(inSql))
        if (tables.has(table!)) report(table!, node);
    }
    if (ts.isIndexedAccessTypeNode(node) && node.objectType.getText() === 'Schema')
      report(node.indexType.getText().slice(1, -1), node);
    if (ts.isStringLiteralLike(node) && node.text.includes('_') && tables.has(node.text))
      report(node.text, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...faults];
}

const nameOf = (called: ts.Expression): string =>
  ts.isPropertyAccessExpression(called) ? called.name.text : called.getText();
