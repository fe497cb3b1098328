import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrations } from '../../service/storage/migrations/index.ts';
import { onSqlite } from '../storage/databases.ts';

/** The tree as it is, in a folder of its own, to which a sealed table is added as a developer adds one. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'gatehouse-new-table-'));
const changed: string[] = [];
const run = promisify(execFile);
const number = String(migrations.length + 1).padStart(4, '0');

function write(path: string, text: string): void {
  changed.push(path);
  writeFileSync(join(copy, path), text);
}

/** Each first text stands in the file once. */
function edit(path: string, changes: readonly (readonly [find: string, by: string])[]): void {
  let text = readFileSync(join(root, path), 'utf8');
  for (const [find, by] of changes) {
    expect(text.split(find), `${find} in ${path}`).toHaveLength(2);
    text = text.replace(find, () => by);
  }
  write(path, text);
}

beforeAll(() => {
  for (const part of ['service', 'test/support', 'test/personal-data', 'package.json', 'tsconfig.json'])
    cpSync(join(root, part), join(copy, part), {
      recursive: true,
      filter: (path) => !path.endsWith('.test.ts'),
    });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

  write(
    `service/storage/migrations/${number}-objections.ts`,
    `import type { Migration } from '../migration.ts';

export const objections: Migration = {
  name: '${number}-objections',
  up: ({ text, integer, bytes, strict }) => [
    \`create table objection (
      id \${text} primary key,
      organization \${text} not null references organization (id),
      world \${text} not null,
      subject \${text} not null,
      words_sealed \${bytes} not null,
      created_at \${integer} not null
    )\${strict}\`,
  ],
};
`,
  );
  edit('service/storage/migrations/index.ts', [
    ['\n/** In the order', `import { objections } from './${number}-objections.ts';\n\n/** In the order`],
    ['[baseline]', '[baseline, objections]'],
  ]);
  const added = readFileSync(join(root, 'test/personal-data/new-table/objections.ts.txt'), 'utf8');
  edit('service/engine/consent/personal-data.ts', [
    [
      "import type { Db } from '../../storage/transaction.ts';\nimport { type Moment, type PersonalData, textOf } from",
      "import { notHeld } from '../../storage/legal-holds.ts';\nimport { countRows, deleteRows } from '../../storage/rows.ts';\nimport type { Db, Tx } from '../../storage/transaction.ts';\nimport { type Moment, type Person, type PersonalData, type Realm, textOf } from",
    ],
    ['  holdsOf(deps.db),\n', '  holdsOf(deps.db),\n  objectionsOf(deps.db),\n'],
    ['\n/** The legal holds over a person. */', `${added}\n/** The legal holds over a person. */`],
  ]);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test('a sealed table is added in one file of its feature, besides the migration', () => {
  expect(changed).toEqual([
    `service/storage/migrations/${number}-objections.ts`,
    'service/storage/migrations/index.ts',
    'service/engine/consent/personal-data.ts',
  ]);
});

test('it compiles once the types of the tables are made', async () => {
  await run(process.execPath, ['service/storage/migrations/write-tables.ts'], { cwd: copy });
  const config = ts.readConfigFile(join(copy, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, copy);
  const files = changed.slice(1).map((path) => join(copy, path));
  const program = ts.createProgram(files, options);
  // Of these files alone: the others are as they were.
  const wrong = files.flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)));
  expect(wrong.map(({ messageText }) => messageText)).toEqual([]);
});

onSqlite('the rows of a table that was added', (newLocation) => {
  // biome-ignore lint/suspicious/noExplicitAny: what the copy printed as JSON
  let seen: any;
  beforeAll(async () => {
    const script = join(copy, 'test/personal-data/new-table/run-engine.ts');
    const place = JSON.stringify(await newLocation('empty'));
    const { stdout } = await run(process.execPath, [script, place], { cwd: copy, maxBuffer: 2 ** 24 });
    seen = JSON.parse(stdout);
  });

  test('are in the record of their person, opened, in a section behind the others of the feature', () => {
    expect(seen.objections.map(({ words }: { words: string }) => words)).toEqual([
      'words of ada-new',
      'words of ada-old',
    ]);
    const { sections } = seen;
    expect(sections.slice(sections.indexOf('consent'), sections.indexOf('verifications'))).toEqual([
      'consent',
      'holds',
      'objections',
    ]);
    expect(seen.unreadable).toEqual([]);
    expect(seen.afterErasure).toEqual([]);
  });

  test('expire by their term, and are counted; those of a person under a legal hold stay', () => {
    expect([seen.preview.rows.objections, seen.report.rows.objections]).toEqual([1, 1]);
    expect(seen.swept).toEqual(['ada-new', 'bea-old', 'cid-new']);
  });

  test('go with their person, and the proof opens none of them', () => {
    expect(seen.erased).toEqual(['bea-old', 'cid-new']);
    const { tables, sealedValues } = seen.proof;
    // E-mail and template, and what was added.
    expect(sealedValues).toEqual({ tried: 3, opened: 0 });
    expect(tables.found).toEqual([]);
  });

  test('are reported by the proof where the feature does not remove them', () => {
    expect(seen.carelessProof.tables.found).toEqual([{ table: 'objection', column: 'subject', rows: 1 }]);
  });
});
