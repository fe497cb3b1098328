import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Journal, noteReady, openJournal, readJournal, sweepUpdateFolder } from './journal.ts';
import { type Machine, NO_TURN } from './machine.ts';
import { changedData, recover, update } from './update-steps.ts';

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-killed-'));
  data = mkdtempSync(join(tmpdir(), 'gatehouse-killed-data-'));
});
afterEach(() => {
  for (const one of [folder, data]) rmSync(one, { recursive: true, force: true });
});

const OLD = '0.1.0';
const NEW = '0.2.0';
type Version = typeof OLD | typeof NEW;

/** What a kill leaves: the disk and the service. */
interface Box {
  program: Version | 'half';
  /** The schema of the data; a half of it is one that neither version opens. */
  data: Version | 'half';
  service: Version | undefined;
  snapshot: boolean;
  /** People who were enrolled after the copy was kept. */
  enrolled: boolean;
}

/** At the step with this number the process ends: before it, in the middle of what it does, or after it. */
interface Kill {
  at: number;
  when: 'before' | 'within' | 'after';
}

/** A process that can be killed: after that nothing of it goes on, neither its steps nor its error handling. */
function processOn(box: Box, { migrates, works }: { migrates: boolean; works: boolean }, kill?: Kill) {
  let count = 0;
  let dead = false;
  let resolveKilled = (_: 'killed') => {};
  const killed = new Promise<'killed'>((resolve) => {
    resolveKilled = resolve;
  });
  const die = () => {
    dead = true;
    resolveKilled('killed');
    return new Error('killed');
  };
  const forever = () => {
    die();
    return new Promise<never>(() => {});
  };
  /** `within` is what the disk holds when the step is cut short. */
  async function step<T>(work: () => T, within: () => void = () => {}): Promise<T> {
    if (dead) return forever();
    count += 1;
    if (kill?.at !== count) return work();
    if (kill.when === 'before') return forever();
    if (kill.when === 'within') {
      within();
      return forever();
    }
    work();
    return forever();
  }
  const stopped = () => {
    if (box.service !== undefined) throw new Error('the service holds the data');
  };
  const open = () => {
    stopped();
    if (box.program === 'half') throw new Error('the program does not run');
    if (box.data === 'half' && box.program === OLD) throw new Error('newer schema');
    if (box.data === NEW && box.program === OLD) throw new Error('newer schema');
    if (migrates) box.data = box.program;
  };
  const machine: Machine = {
    program: '/installed',
    installedVersion: async () => box.program,
    describe: async () => ({ name: 'gatehouse', version: NEW, architecture: 'amd64' }),
    architecture: async () => 'amd64',
    isOlder: async () => true,
    packInstalled: () => step(() => 'old.deb'),
    keepProgram: () => step(() => join(folder, 'program')),
    install: (file) =>
      step(
        () => {
          box.program = file === 'old.deb' ? OLD : NEW;
        },
        () => {
          box.program = 'half';
        },
      ),
    isRunning: async () => box.service !== undefined,
    stop: () =>
      step(() => {
        box.service = undefined;
      }),
    start: () =>
      step(() => {
        open();
        box.service = box.program as Version;
        noteReady(data, { version: box.service, env: {}, folder });
      }),
    migrate: () =>
      step(open, () => {
        if (box.program === NEW && migrates) box.data = 'half';
      }),
    keepData: () =>
      step(() => {
        open();
        box.snapshot = true;
        return 'a.db';
      }),
    migrateBack: () =>
      step(() => {
        stopped();
        if (box.program !== NEW) throw new Error('only the newer version knows how');
        if (box.data === OLD) return false;
        if (!box.snapshot) throw new Error('there is no copy');
        box.data = OLD;
        box.enrolled = false;
        return true;
      }),
    takeTurn: async () => NO_TURN,
    nodesWithout: async () => [],
    tryStart: () =>
      step(() => {
        open();
        return works ? undefined : 'no';
      }),
    askService: () => step(() => (works ? undefined : 'no')),
  };
  const real = openJournal(folder);
  // what is on disk once it returned; a write is whole or not at all
  const onDisk = (write: () => void) => {
    if (dead) throw die();
    count += 1;
    if (kill?.at === count && kill.when === 'before') throw die();
    write();
    if (kill?.at === count) throw die();
  };
  const journal: Journal = {
    write: (entry) => onDisk(() => real.write(entry)),
    remove: () => onDisk(() => real.remove()),
  };
  return { machine, journal, killed, steps: () => count };
}

const order = () => ({ from: OLD, to: NEW, place: { data, schema: 'schema-of-old' }, say() {} });
const fresh = (): Box => ({ program: OLD, data: OLD, service: OLD, snapshot: false, enrolled: false });

/** Runs until it ends or is killed. */
async function ends(
  work: (hands: ReturnType<typeof processOn>) => Promise<unknown>,
  hands: ReturnType<typeof processOn>,
) {
  return Promise.race([hands.killed, work(hands).then(() => 'ended' as const)]);
}

const KINDS = [
  { migrates: true, works: true },
  { migrates: true, works: false },
  { migrates: false, works: true },
  { migrates: false, works: false },
];

async function stepsOf(kind: (typeof KINDS)[number]): Promise<number> {
  const hands = processOn(fresh(), kind);
  await ends(({ machine, journal }) => update(machine, 'new.deb', { ...order(), journal }), hands);
  return hands.steps();
}

async function recoverUntilDone(box: Box, kind: (typeof KINDS)[number], kill?: Kill): Promise<void> {
  for (const one of [kill, undefined]) {
    const entry = readJournal(folder);
    if (entry === undefined) return;
    const hands = processOn(box, kind, one);
    await ends(
      ({ machine, journal }) => recover(machine, entry, { journal, opens: changedData(entry), say() {} }),
      hands,
    );
  }
}

test.each(KINDS)(
  'killed before, within and after every step, and the recovery too, one version is whole with its data and serves: %o',
  async (kind) => {
    let recoveries = 0;
    for (let at = 1; at <= (await stepsOf(kind)); at++)
      for (const when of ['before', 'within', 'after'] as const)
        for (const second of [undefined, 1, 2, 3, 4, 5, 6, 7, 8])
          for (const how of second === undefined
            ? ['after' as const]
            : (['before', 'within', 'after'] as const)) {
            const box = fresh();
            const hands = processOn(box, kind, { at, when });
            await ends(({ machine, journal }) => update(machine, 'new.deb', { ...order(), journal }), hands);
            const interrupted = readJournal(folder) !== undefined;
            if (interrupted) recoveries += 1;
            // Where the new version serves, it does so for a week, until the machine is started anew.
            const serves = box.service === NEW;
            box.enrolled = serves;
            if (serves && interrupted) box.service = undefined;
            await recoverUntilDone(box, kind, second === undefined ? undefined : { at: second, when: how });
            const what = JSON.stringify({ at, when, second, how, box });
            expect([OLD, NEW], what).toContain(box.program);
            expect(box.service, what).toBe(box.program);
            expect(box.data, what).toBe(kind.migrates ? box.program : OLD);
            if (!kind.works) expect(box.program, what).toBe(OLD);
            expect(box.enrolled, what).toBe(serves);
            sweepUpdateFolder(folder);
            expect(readdirSync(folder), what).toEqual([]);
          }
    expect(recoveries).toBeGreaterThan(100);
  },
);
