import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Clock } from '../../lib/clock.ts';
import { syncFile, syncFolder } from '../../lib/durable-file.ts';
import { Problem } from '../../lib/problem.ts';
import { toStorageProblem } from '../storage-problem.ts';

/** Schemas of which a snapshot is kept, beside the database or in it. */
const KEPT = 3;

/** Of snapshots, oldest first, those that go once the newest was verified: of each schema the newest stays, and of these the newest three. */
export function supersededOf<One extends { version: string }>(snapshots: readonly One[]): One[] {
  const newest = new Map<string, One>();
  for (const one of snapshots) {
    newest.delete(one.version);
    newest.set(one.version, one);
  }
  const stay = new Set([...newest.values()].slice(-KEPT));
  return snapshots.filter((one) => !stay.has(one));
}

/**
 * Copies the database as it is into `folder` as `<version>-<time>.db`, opens the copy and checks it whole before
 * giving its path. Throws STORAGE_FULL when it cannot be written, INTERNAL when the copy is damaged.
 */
export function takeSnapshot(
  database: Sqlite.Database,
  folder: string,
  version: string,
  clock: Clock,
): string {
  const time = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-');
  const path = join(folder, `${version}-${time}.db`);
  const unfinished = `${path}.unfinished`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // of a process that was killed: this one alone writes here
    for (const name of readdirSync(folder)) if (name.endsWith('.unfinished')) rmSync(join(folder, name));
    closeSync(openSync(unfinished, 'wx', 0o600));
    database.prepare('vacuum into ?').run(unfinished);
    verifyCopy(unfinished);
    syncFile(unfinished);
    renameSync(unfinished, path);
    syncFolder(folder);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw toStorageProblem(error);
  }
  for (const old of supersededOf(snapshotsIn(folder))) rmSync(old.path);
  return path;
}

export interface Snapshot {
  path: string;
  /** `0001-baseline`: the newest migration in it. */
  version: string;
  /** When it was taken, by the clock of that moment; ms since 1970. */
  takenAt: number;
}

const NAME = /^(.+)-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z\.db$/;

/** Oldest first, whatever their versions. */
export function snapshotsIn(folder: string): Snapshot[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .flatMap((name) => {
      const [, version, day, hour, minute, second, rest] = NAME.exec(name) ?? [];
      if (version === undefined) return [];
      const takenAt = Date.parse(`${day}T${hour}:${minute}:${second}.${rest}Z`);
      return [{ path: join(folder, name), version, takenAt }];
    })
    .sort((a, b) => a.takenAt - b.takenAt);
}

function verifyCopy(path: string): void {
  const copy = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const verdict = copy.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') {
      throw new Problem(
        'INTERNAL',
        `The snapshot before the upgrade is damaged (${verdict}), so nothing was upgraded: check the disk. A damaged index of the database is repaired by "gatehouse migrate --reindex"; where that says that more is damaged, restore a backup.`,
      );
    }
  } finally {
    copy.close();
  }
}
