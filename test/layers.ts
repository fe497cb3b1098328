import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
// @ts-expect-error: plain JavaScript without types, read by dependency-cruiser itself too
import rules from '../.dependency-cruiser.js';
import { tablesMadeBy } from '../service/storage/migrate.ts';
import { migrations } from '../service/storage/migrations/index.ts';
import { findForeignTables } from './layers/foreign-tables.ts';
import { findImpatientWaits } from './layers/impatient-waits.ts';
import { findImports, withImports } from './layers/import-table.ts';
import { findLongTitles } from './layers/long-titles.ts';
import { findUnplainWords } from './layers/plain-words.ts';
import { findServiceRooms, findUnnamedRooms } from './layers/rooms.ts';
import { findEmptySpreads, findSpreadServices } from './layers/spreads.ts';
import { findLongerWalks, MOST_FILES, measureWalk, type WalkFigures } from './layers/walks.ts';
import { walks } from './layers/walks-list.ts';

/** dependency-cruiser passes happily after seeing nothing (FACTS.md): fewer modules than this is a failure. */
const MODULE_FLOOR = 60;
const ARCHITECTURE = 'docs/ARCHITECTURE.md';
const WALKS = 'test/layers/walks.json';
const root = join(import.meta.dirname, '..');

const { output } = await cruise(
  ['main', 'renderer', 'service', 'models', 'sdk/gatehouse/src', 'sdk/mcp/src', 'test', 'demo'],
  {
    ...rules.options,
    ruleSet: { forbidden: rules.forbidden },
    validate: true,
  } as Parameters<typeof cruise>[1],
);
if (typeof output === 'string') throw new Error(`dependency-cruiser answered text, not a result: ${output}`);
const { violations, totalCruised } = output.summary;

const files = globSync('{service,main,models,renderer,sdk}/**/*.{ts,tsx,mts,mjs}', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
}).sort();
/** Generated files, recordings of other services' texts, and the list of words itself are left out. */
const written = globSync(
  [
    '{service,main,models,renderer,sdk,test,demo,bin,docs}/**/*.{ts,tsx,mts,mjs,js,css,html,md,yml,sh}',
    '*.{md,ts,js}',
  ],
  { cwd: root, exclude: (path) => /(^|\/)(node_modules|dist|built)$/.test(path) },
)
  .filter((path) => !/^test\/wire\/.*\.json$|^sdk\/admin\/paths\.ts$|^test\/layers\/plain-words/.test(path))
  .sort();
/** Those of `npm test`, and what they share. */
const tests = globSync('{{main,models,renderer,sdk,service,installers}/**/*.test.{ts,tsx},test/**/*.ts}', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|built)$|^test\/(browser|package|layers)$/.test(path),
}).sort();
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
/** With `--keep`: the import table and the figures of the walks are written anew. */
const keep = process.argv.includes('--keep');
/** Since titles are checked; none where there is no git. */
const titles =
  spawnSync('git', ['log', '--format=%h %s', '--since=2026-11-27T21:56:00Z'], { cwd: root, encoding: 'utf8' })
    .stdout ?? '';
const tables = new Set(tablesMadeBy(migrations).map(({ name }) => name));
const architecture = textOf(ARCHITECTURE);
const rooms = findServiceRooms(files);
const withTable = withImports(architecture, rooms, findImports(rooms, output.modules));
const walked = walks.map((walk) => ({
  name: walk.name,
  ...measureWalk(walk, (file) => (existsSync(join(root, file)) ? textOf(file) : undefined)),
}));
const figures = Object.fromEntries(walked.map(({ name, files, lines }) => [name, { files, lines }]));
if (keep) {
  writeFileSync(join(root, ARCHITECTURE), withTable);
  writeFileSync(join(root, WALKS), `${JSON.stringify(figures, null, 2)}\n`);
}
const faults = [
  ...violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  ...(totalCruised < MODULE_FLOOR
    ? [`only ${totalCruised} modules were seen; at least ${MODULE_FLOOR} exist`]
    : []),
  ...written.flatMap((file) => findUnplainWords(file, textOf(file))),
  ...tests.flatMap((file) => findImpatientWaits(file, textOf(file))),
  ...findUnnamedRooms(rooms, architecture, rules.forbidden),
  ...(keep || withTable === architecture
    ? []
    : [`${ARCHITECTURE}: its table of imports is not that of the code: npm run layers -- --keep`]),
  ...walked.flatMap(({ faults: wrong }) => wrong),
  ...findLongerWalks(figures, JSON.parse(textOf(WALKS)) as Record<string, WalkFigures>),
  ...files.flatMap((file) => findForeignTables(file, textOf(file), tables)),
  ...files.flatMap((file) => findSpreadServices(file, textOf(file))),
  ...findLongTitles(titles),
  ...[...new Set([...files, ...tests])].flatMap((file) => findEmptySpreads(file, textOf(file))),
];
for (const { name, files: opened, lines } of walked)
  console.log(
    `walk: ${name}: ${opened} files, ${lines} lines${opened > MOST_FILES ? ` (goal: ${MOST_FILES} files)` : ''}`,
  );
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`layers: ${totalCruised} modules, no violation; ${files.length} files`);
