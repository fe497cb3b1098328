/** A module as dependency-cruiser sees it. */
interface Module {
  source: string;
  dependencies: readonly { resolved: string }[];
}

/** More rooms of one kind than this are counted, not named. */
const NAMED = 10;
const isTest = (file: string) => /\.test\.tsx?$/.test(file);

/** For each room, the rooms that its files import, tests left out. */
export function findImports(rooms: readonly string[], modules: readonly Module[]): Map<string, Set<string>> {
  const longest = rooms.toSorted((a, b) => b.length - a.length);
  const roomOf = (file: string) => longest.find((room) => file.startsWith(`${room}/`));
  const imports = new Map(rooms.map((room) => [room, new Set<string>()]));
  for (const { source, dependencies } of modules) {
    const from = isTest(source) ? undefined : roomOf(source);
    if (from === undefined) continue;
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved);
      if (to !== undefined && to !== from) imports.get(from)!.add(to);
    }
  }
  return imports;
}

/** `page` with the last cell of each room's row as the code has it. */
export function withImports(
  page: string,
  rooms: readonly string[],
  imports: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  return page
    .split('\n')
    .map((line) => {
      const [, room = ''] = /^\| `([^`]+)` \|/.exec(line) ?? [];
      const found = imports.get(room);
      if (!found) return line;
      const cells = line.split(' | ');
      return [...cells.slice(0, -1), `${cellOf(found, rooms)} |`].join(' | ');
    })
    .join('\n');
}

function cellOf(imports: ReadonlySet<string>, rooms: readonly string[]): string {
  const cells = ['engine', 'doors'].flatMap((kind) => {
    const prefix = `service/${kind}/`;
    const of = [...imports].filter((room) => room.startsWith(prefix)).sort();
    if (of.length === 0) return [];
    const all = rooms.filter((room) => room.startsWith(prefix)).length;
    return of.length > NAMED
      ? [`${of.length} of the ${all} rooms of ${kind}`]
      : [of.map((room) => room.slice('service/'.length)).join(', ')];
  });
  const others = [...imports].filter((room) => !/^service\/(engine|doors)\//.test(room)).sort();
  const named = others.map((room) => room.slice('service/'.length)).join(', ');
  return [...cells, ...(named === '' ? [] : [named])].join(', ') || 'nothing of ours';
}
