export interface LayerRule {
  from: { path?: string | string[] };
}

const isSource = (file: string) => /\.(tsx?|mts|mjs)$/.test(file) && !/\.test\.tsx?$/.test(file);

/** Every room of the service: its folders, and each feature and each door. */
export function findServiceRooms(files: readonly string[]): string[] {
  const rooms = files.filter(isSource).flatMap((file) => {
    const [service, room, inner, ...rest] = file.split('/');
    if (service !== 'service' || room === undefined || inner === undefined) return [];
    const isGroup = room === 'engine' || room === 'doors';
    return isGroup ? (rest.length > 0 ? [`service/${room}/${inner}`] : []) : [`service/${room}`];
  });
  return [...new Set(rooms)].sort();
}

/** One sentence for each room without a row in `architecture`, or without a rule, and for each row of a room that does not exist. */
export function findUnnamedRooms(
  rooms: readonly string[],
  architecture: string,
  rules: readonly LayerRule[],
): string[] {
  const rows = architecture
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, room = '']) => room));
  const gone = rows.filter(
    (row) => row.startsWith('service/') && !/<|\.ts$/.test(row) && !rooms.some((room) => row === room),
  );
  return [
    ...rooms
      .filter((room) => !rows.includes(room))
      .map((room) => `${room} has no row in docs/ARCHITECTURE.md: say what it holds and what it may import`),
    ...gone.map((row) => `docs/ARCHITECTURE.md has a row for ${row}, which does not exist: remove it`),
    ...rooms
      .filter((room) => !rules.some((rule) => isNamedBy(room, rule)))
      .map((room) => `${room} is named by no rule of .dependency-cruiser.js: say there what it may import`),
  ];
}

/** A rule for the whole service names no room; one for every feature or every door names each of them. */
function isNamedBy(room: string, { from }: LayerRule): boolean {
  return [from.path ?? []].flat().some((path) => {
    const pattern = new RegExp(path);
    return pattern.test(`${room}/x.ts`) && !pattern.test('service/a-room-that-is-not-there/x.ts');
  });
}
