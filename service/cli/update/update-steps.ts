import { Problem } from '../../lib/problem.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { Machine, Say } from './machine.ts';
import { takeBack } from './take-back.ts';

export interface UpdateOutcome {
  from: string;
  to: string;
  /** The copy of the database from before the update, in words. */
  snapshot?: string;
  /** Why the version from before is back. */
  wentBack?: string;
  /** Whether the database from before was put in place; false where it stayed, because the new version had not changed its schema. */
  restored?: boolean;
}

export interface UpdateOrder {
  from: string;
  to: string;
  /** What the journal says beside the steps. */
  place: Pick<JournalEntry, 'data' | 'schema' | 'home'>;
  journal: Journal;
  /** false: the operator has a backup and wants no copy of the database. */
  snapshot?: boolean;
  say: Say;
}

/**
 * Replaces the installed version by a verified package. Where the new one does not start and become ready, the version and the data
 * from before come back. Nothing is changed before the copy of the old version is there, the old version has opened the data and a copy of the database was kept.
 * Each step is in the journal before it begins, so that `recover` can end an update that was killed.
 */
export async function update(machine: Machine, file: string, order: UpdateOrder): Promise<UpdateOutcome> {
  const { from, to, journal, say } = order;
  say(`keeping a copy of ${from}`);
  const before = await machine.packInstalled();
  const program = await machine.keepProgram();
  const running = await machine.isRunning();
  const entry: JournalEntry = {
    format: 1,
    step: 'before',
    from,
    to,
    before,
    program,
    running,
    restored: false,
    ...order.place,
  };
  journal.write(entry);
  if (running) {
    say('stopping the service');
    await machine.stop();
  }
  const snapshot = await openBefore(machine, entry, order);
  if (snapshot !== undefined) entry.snapshot = snapshot;
  const outcome = { from, to, ...(snapshot !== undefined && { snapshot }) };
  const why = await replace(machine, file, { entry, journal, say });
  if (why === undefined) {
    journal.write({ ...entry, step: 'ready' });
    journal.remove();
    return outcome;
  }
  say(`${to} does not work here (${why}); going back to ${from}`);
  const { restored } = await takeBack(machine, entry, { journal, opens: true });
  return { ...outcome, wentBack: why, restored };
}

/** With the version from before: a passphrase that is wrong, data that do not open, or a disk without room for the copy end the update here. */
async function openBefore(
  machine: Machine,
  entry: JournalEntry,
  { journal, snapshot = true, say }: UpdateOrder,
): Promise<string | undefined> {
  const { from, running } = entry;
  say(`opening the data with ${from}${snapshot ? ', and keeping a checked copy of the database' : ''}`);
  try {
    if (snapshot) return await machine.keepData();
    await machine.migrate();
    return undefined;
  } catch (error) {
    journal.write({ ...entry, step: 'start back' });
    const started = running
      ? await machine.start().then(
          () => true,
          () => false,
        )
      : true;
    journal.remove();
    const stopped = started ? '' : ' The service did not start again either.';
    throw new Problem(
      'CONFLICT',
      `Nothing was changed: ${from} does not open the data${snapshot ? ', or keeps no copy of it' : ''}. ${(error as Error).message}${stopped}`,
      { cause: error },
    );
  }
}

/** Undefined: the new version is installed and ready. Else why not; the entry says how far it came. */
async function replace(
  machine: Machine,
  file: string,
  { entry, journal, say }: { entry: JournalEntry; journal: Journal; say: Say },
): Promise<string | undefined> {
  const begin = (step: JournalEntry['step'], sentence: string) => {
    entry.step = step;
    journal.write(entry);
    say(sentence);
  };
  try {
    begin('installing', 'installing');
    await machine.install(file);
    begin('changing data', 'bringing the data to the new schema');
    await machine.migrate();
    say('starting the new version once');
    const fault = await machine.tryStart();
    if (fault !== undefined || !entry.running) return fault;
    // its unit restricts it in ways that the trial does not
    begin('starting', 'starting the service');
    await machine.start();
    return await machine.askService();
  } catch (error) {
    return (error as Error).message;
  }
}
