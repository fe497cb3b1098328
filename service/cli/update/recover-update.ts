import { existsSync } from 'node:fs';
import { Problem } from '../../lib/problem.ts';
import type { Answer } from '../command.ts';
import { archiveMachine } from './archive-machine.ts';
import { debianMachine, type MachineDeps } from './debian-machine.ts';
import { journalFile, openJournal, readJournal } from './journal.ts';
import type { Machine, Say } from './machine.ts';
import { changedData, recover } from './take-back.ts';
import { environmentOf } from './update-environment.ts';
import { takeUpdateLock, type UpdateLock } from './update-lock.ts';

export const interrupted = (): boolean => existsSync(journalFile());

export const dataSentence = (restored: boolean): string =>
  restored
    ? 'The database from before the update is in its place again; the newer one is kept beside it (docs/OPERATIONS.md, Updates).'
    : 'The new version had not changed the schema: the database stayed, with what was written since.';

export interface RecoverOptions {
  passphraseFile?: string;
  /** systemd starts the service when this has ended: nothing of it is stopped or started here. */
  byUnit: boolean;
  /** Seconds for a program of the interrupted update that still runs, such as dpkg; 120 unless given. */
  waitSeconds?: number;
  say: Say;
}

/** Ends an update that was interrupted. Throws where that needs a passphrase that cannot be had here, and where the version from before cannot be put back. */
export async function recoverInterrupted({
  byUnit,
  waitSeconds = 120,
  say,
  ...options
}: RecoverOptions): Promise<Answer> {
  using lock = await lockFor(byUnit, waitSeconds);
  if (lock === undefined) return nothing('An update is under way, and starts the service.');
  const entry = readJournal();
  if (entry === undefined) return nothing('No update was interrupted.');
  const opens = changedData(entry);
  using environment = await environmentOf(entry.data, { ...options, opens });
  const { data, schema, home, running } = entry;
  const deps: MachineDeps = { data, schema, lock: lock.fd, byUnit, ...environment };
  const machine = home === undefined ? debianMachine(deps) : archiveMachine(home, deps);
  const outcome = await recover(byUnit ? withoutService(machine) : machine, entry, {
    journal: openJournal(),
    opens,
    say,
  });
  const { installed, restored, to, snapshot } = outcome;
  const copy = snapshot === undefined ? '' : ` A copy of the database from before is ${snapshot}.`;
  const fault =
    running && !byUnit ? await machine.askService().catch((error: Error) => error.message) : undefined;
  const text =
    installed === to
      ? `The update to ${to} had been ready: it is complete.`
      : `Version ${installed} is back. ${dataSentence(restored)}`;
  return {
    json: { ...outcome, ...(fault !== undefined && { fault }) },
    text: `${text}${copy}${fault === undefined ? '' : `\n${fault}`}`,
    ...(fault !== undefined && { exitCode: 1 as const }),
  };
}

/** Undefined where the update that holds the lock starts the service, and so the unit of this recovery before it. */
async function lockFor(byUnit: boolean, waitSeconds: number): Promise<UpdateLock | undefined> {
  const step = readJournal()?.step;
  const starting = byUnit && (step === 'starting' || step === 'ready' || step === 'start back');
  try {
    return await takeUpdateLock({ waitSeconds: starting ? 0 : waitSeconds });
  } catch (error) {
    if (starting && error instanceof Problem && error.code === 'CONFLICT') return undefined;
    throw error;
  }
}

const nothing = (text: string): Answer => ({ json: { recovered: false }, text });

const withoutService = (machine: Machine): Machine => ({
  ...machine,
  isRunning: async () => false,
  stop: async () => {},
  start: async () => {},
});
