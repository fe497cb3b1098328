import { Problem } from '../../lib/problem.ts';
import { type Journal, type JournalEntry, recoverScript } from './journal.ts';
import type { Machine, Say } from './machine.ts';

/** Steps in which the new version may have changed the data: only then is it opened by a recovery, which needs the passphrase. */
export const changedData = ({ step }: Pick<JournalEntry, 'step'>): boolean =>
  step === 'changing data' || step === 'starting' || step === 'data back';

export interface TakeBackDeps {
  journal: Journal;
  /** Whether the version from before opens the data, as a check before its service starts. */
  opens: boolean;
}

/**
 * Puts the version from before in place, and its data where the new version changed the schema. Goes on where it was cut short. Throws CONFLICT
 * where the version from before is installed and does not open the data; where it cannot be installed the journal stays, so that it is tried again.
 */
export async function takeBack(
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
        `The copy of ${from} is ${before}.${copy} Restore the backup from before the update (docs/OPERATIONS.md, "The disk or the box is lost"), or install ${to} again.`,
    );
  }
}

export interface RecoverOutcome {
  from: string;
  to: string;
  /** The version that is installed now. */
  installed: string;
  restored: boolean;
  snapshot?: string;
}

/**
 * Ends an update that was interrupted: the new version stays where it had answered as ready, else the version from before comes back with its
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
  return { ...outcome, installed: from, ...(await takeBack(machine, entry, { journal, opens })) };
}
