import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

export interface ScriptTypes {
  /** Declarations of the module that the script was built from: `…/proof.d.ts`. */
  entry: string;
  /** The global that the script sets; also where its types are. */
  namespace: string;
  /** Names that the script sets as values. The classes that it does not set are declared as interfaces. */
  values: readonly string[];
  /** Declarations in place of those of the module, by name. */
  instead?: Readonly<Record<string, string>>;
  /** Below the namespace: what else is global. */
  more?: string;
}

type Declaration = ts.ClassDeclaration | ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** Declarations for pages that load a script by its tag: one file without imports. */
export function scriptTypes({ entry, namespace, values, instead = {}, more = '' }: ScriptTypes): string {
  const { declared, exported } = readModules(entry);
  const taken = new Map<string, string>();
  const take = (name: string) => {
    const found = declared.get(name);
    const own = Object.hasOwn(instead, name) ? instead[name] : undefined;
    const text = own ?? (found && textOf(found, values.includes(name)));
    if (text === undefined || taken.has(name)) return;
    taken.set(name, text);
    for (const word of text.match(/[A-Za-z_$][\w$]*/g) ?? []) take(word);
  };
  for (const name of [...exported].sort()) take(name);
  for (const name of values)
    if (!taken.has(name)) throw new Error(`${entry} does not export ${name} any more.`);
  const body = [...taken.values()].join('\n').replace(/^(?=.)/gm, '  ');
  return `declare namespace ${namespace} {\n${body}\n}\n${more}`;
}

/** All classes, interfaces and types below an entry, and the names that it exports. */
function readModules(entry: string): { declared: Map<string, Declaration>; exported: Set<string> } {
  const declared = new Map<string, Declaration>();
  const exported = new Set<string>();
  const read = new Set<string>();
  const visit = (path: string, isPublic: boolean) => {
    const isNew = !read.has(path);
    read.add(path);
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) {
        const { moduleSpecifier } = statement;
        const all = ts.isExportDeclaration(statement) && statement.exportClause === undefined;
        if (isPublic && ts.isExportDeclaration(statement))
          for (const name of namesOf(statement)) exported.add(name);
        if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text.startsWith('.'))
          if (isNew || (all && isPublic))
            visit(join(dirname(path), moduleSpecifier.text.replace(/\.js$/, '.d.ts')), all && isPublic);
      } else if (isDeclaration(statement) && statement.name) {
        const name = statement.name.text;
        const known = declared.get(name);
        if (known && known.getSourceFile().fileName !== path && known.getText() !== statement.getText())
          throw new Error(`${name} is declared twice below ${entry}.`);
        declared.set(name, statement);
        if (isPublic && statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
          exported.add(name);
      }
    }
  };
  visit(entry, true);
  return { declared, exported };
}

const isDeclaration = (node: ts.Statement): node is Declaration =>
  ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

function namesOf({ exportClause }: ts.ExportDeclaration): string[] {
  if (!exportClause || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.map(({ name, propertyName }) =>
    propertyName === undefined || propertyName.text === 'default' ? name.text : propertyName.text,
  );
}

function textOf(node: Declaration, isValue: boolean): string {
  const text = node
    .getFullText()
    .trim()
    .replace(/^((?:\/\*\*[\s\S]*?\*\/\s*)?)(?:export |default |declare )+/, '$1');
  if (!ts.isClassDeclaration(node) || isValue) return text;
  const members = node.members.filter(
    (member) => !ts.isConstructorDeclaration(member) && !(member.name && ts.isPrivateIdentifier(member.name)),
  );
  const head = text.slice(0, text.indexOf('{')).replace(/\bclass (?=\w)/, 'interface ');
  return `${head}{\n${members.map((member) => member.getFullText().replace(/^\n+/, '')).join('\n')}\n}`;
}
