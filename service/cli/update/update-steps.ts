import { document, isCheckout } from '../../lib/installation.ts';
import { Problem } from '../../lib/problem.ts';
import { type Journal, type JournalEntry, recoverScript } from './journal.ts';
import { type Machine, NO_TURN, type Say, type Turn } from './machine.ts';

export interface UpdateOutcome {
  from: string;
  to: string;
  /** The copy of the database from before the update, in words. */
  snapshot?: string;
  /** Why the version from before is back. */
  wentBack?: string;
  /** Whether the database from before was put in place; false where it stayed: the new version had not changed its schema, or several nodes share it. */
  restored?: boolean;
  /** Nodes of the record that run another version, in words; absent where there are none. */
  others?: string[];
}

interface UpdatePlan {
  from: string;
  to: string;
  /** What the journal says beside the steps. */
  place: Pick<JournalEntry, 'data' | 'schema' | 'begun' | 'home'>;
  journal: Journal;
  /** false: the operator has a backup and wants no copy of the database. */
  snapshot?: boolean;
  say: Say;
}

/**
 * Replaces the installed version by a verified package. Where the new one does not start and become ready, the version and the data
 * from before come back. Nothing is changed before the copy of the old version is there, the old version has opened the data and a copy of the database was kept.
 * Each step is in the journal before it begins, so that `recover` can end an update that was killed. Of several nodes one is updated at a time:
 * where the turn for that was lost, and another node has it now, the update goes back.
 */
export async function update(machine: Machine, file: string, order: UpdatePlan): Promise<UpdateOutcome> {
  const { from, to, journal, say } = order;
  await using turn = await machine.takeTurn().catch((error: Error) => {
    throw new Problem('CONFLICT', `Nothing was changed: ${error.message}`, { cause: error });
  });
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
  const snapshot = await openBefore(machine, entry, { ...order, turn });
  if (snapshot !== undefined) entry.snapshot = snapshot;
  const outcome = { from, to, ...(snapshot !== undefined && { snapshot }) };
  const why = await replace(machine, file, { entry, journal, say, turn });
  if (why === undefined) {
    journal.write({ ...entry, step: 'ready' });
    journal.remove();
    const others = running ? await machine.nodesWithout(to).catch(() => []) : [];
    return { ...outcome, ...(others.length > 0 && { others }) };
  }
  say(`${to} does not work here (${why}); going back to ${from}`);
  const { restored } = await takeBack(machine, entry, { journal, opens: true });
  return { ...outcome, wentBack: why, restored };
}

/**
 * With the version from before: a passphrase that is wrong, data that do not open, or a disk without room for the copy end the update here, and so does
 * a turn that another node has now.
 */
async function openBefore(
  machine: Machine,
  entry: JournalEntry,
  { journal, snapshot = true, say, turn }: UpdatePlan & { turn: Turn },
): Promise<string | undefined> {
  const { from, running } = entry;
  let why = `${from} does not open the data${snapshot ? ', or keeps no copy of it' : ''}. `;
  say(`opening the data with ${from}${snapshot ? ', and keeping a checked copy of the database' : ''}`);
  try {
    const kept = snapshot ? await machine.keepData() : void (await machine.migrate());
    why = '';
    await turn.keep();
    return kept;
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
    throw new Problem('CONFLICT', `Nothing was changed: ${why}${(error as Error).message}${stopped}`, {
      cause: error,
    });
  }
}

/** Undefined: the new version is installed and ready. Else why not; the entry says how far it came. */
async function replace(
  machine: Machine,
  file: string,
  { entry, journal, say, turn }: { entry: JournalEntry; journal: Journal; say: Say; turn: Turn },
): Promise<string | undefined> {
  const begin = async (step: JournalEntry['step'], sentence: string) => {
    await turn.keep();
    entry.step = step;
    journal.write(entry);
    say(sentence);
  };
  try {
    await begin('installing', 'installing');
    await machine.install(file);
    await begin('changing data', 'bringing the data to the new schema');
    await machine.migrate();
    say('starting the new version once');
    const fault = await machine.tryStart();
    if (fault !== undefined || !entry.running) return fault;
    // its unit restricts it in ways that the trial does not
    await begin('starting', 'starting the service');
    await machine.start();
    return await machine.askService();
  } catch (error) {
    return (error as Error).message;
  }
}

/** Steps in which the new version may have changed the data: only then is it opened by a recovery, which needs the passphrase. */
export const changedData = ({ step }: Pick<JournalEntry, 'step'>): boolean =>
  step === 'changing data' || step === 'starting' || step === 'data back';

interface TakeBackDeps {
  journal: Journal;
  /** Whether the version from before opens the data, as a check before its service starts. */
  opens: boolean;
}

/**
 * Puts the version from before in place, and its data where the new version changed the schema. Goes on where it was cut short. Throws CONFLICT
 * where the version from before is installed and does not open the data; where it cannot be installed the journal stays, so that it is tried again.
 */
async function takeBack(
  machine: Machine,
  given: JournalEntry,
  { journal, opens }: TakeBackDeps,
): Promise<{ restored: boolean }> {
  const entry = { ...given };
  // also one that does not run at this moment, because it failed and is about to be started again
  if (entry.running || (await machine.isRunning())) await machine.stop();
  let refusal = '';
  if (changedData(entry)) {
    entry.step = 'data back';
    journal.write(entry);
    // A version that cannot run any command cannot take its schema back; it had not written one either.
    entry.restored = await machine.migrateBack().catch((error: Error) => {
      refusal = error.message;
      return false;
    });
  }
  if (entry.step !== 'start back') {
    entry.step = 'program back';
    journal.write(entry);
    await installBefore(machine, entry);
    if (opens) await requireOpens(machine, entry, { journal, refusal });
  }
  entry.step = 'start back';
  journal.write(entry);
  if (entry.running) await machine.start();
  journal.remove();
  return { restored: entry.restored };
}

async function installBefore(machine: Machine, { from, before }: JournalEntry): Promise<void> {
  try {
    await machine.install(before, { goingBack: true });
  } catch (error) {
    throw new Problem(
      'CONFLICT',
      `${from} could not be installed again, and the service is stopped. ${(error as Error).message} Put that right, then run ${recoverScript()} as root: it goes on from here.`,
      { cause: error },
    );
  }
}

async function requireOpens(
  machine: Machine,
  { from, to, before, snapshot }: JournalEntry,
  { journal, refusal }: { journal: Journal; refusal: string },
): Promise<void> {
  try {
    await machine.migrate();
  } catch (error) {
    // no recovery puts this right
    journal.remove();
    const copy = snapshot === undefined ? '' : ` The copy of the database from before is ${snapshot}.`;
    throw new Problem(
      'CONFLICT',
      `${from} is installed again, but it does not open the data, and the service is stopped. ${refusal || (error as Error).message} ` +
        `The copy of ${from} is ${before}.${copy} Install ${to} again, which goes on with what was written since, or restore the backup from before the update (${document('OPERATIONS', isCheckout, machine.program)}, "The disk or the box is lost").`,
    );
  }
}

interface RecoverOutcome {
  from: string;
  to: string;
  /** The version that is installed now. */
  installed: string;
  restored: boolean;
  snapshot?: string;
}

/**
 * Ends an update that was interrupted: the new version stays where it had answered as ready, or became ready since (`readJournal`), else the version from before comes back with its
 * data. Cut short, the next call goes on. Throws as `takeBack`.
 */
export async function recover(
  machine: Machine,
  entry: JournalEntry,
  { journal, opens, say }: TakeBackDeps & { say: Say },
): Promise<RecoverOutcome> {
  const { from, to, step, running, snapshot } = entry;
  const outcome = { from, to, ...(snapshot !== undefined && { snapshot }) };
  say(`an update from ${from} to ${to} was interrupted (${step})`);
  if (step === 'ready' || step === 'before') {
    if (step === 'before') journal.write({ ...entry, step: 'start back' });
    if (running && !(await machine.isRunning())) await machine.start();
    journal.remove();
    return { ...outcome, installed: step === 'ready' ? to : from, restored: false };
  }
  say(`going back to ${from}`);
  // A service that stands still is worse than two that are taken back at once.
  await using _ = await machine.takeTurn().catch(() => NO_TURN);
  return { ...outcome, installed: from, ...(await takeBack(machine, entry, { journal, opens })) };
}
