import { Problem } from '../../lib/problem.ts';

/** The machine as an update needs it: dpkg, the service, the program. Passed in, so that the order of steps is tested without any. */
export interface Machine {
  /** Of the installed package; undefined where dpkg does not own Gatehouse. */
  installedVersion(): Promise<string | undefined>;
  /** Name, version and architecture of a package file. */
  describe(file: string): Promise<{ name: string; version: string; architecture: string }>;
  architecture(): Promise<string>;
  /** Whether the first version is older, as dpkg compares them. */
  isOlder(one: string, other: string): Promise<boolean>;
  /** Packs the installed files again, as the package they came from; returns the file. */
  packInstalled(): Promise<string>;
  install(file: string, how?: { goingBack: boolean }): Promise<void>;
  isRunning(): Promise<boolean>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Opens the data directory with the installed version, and brings it to its schema. */
  migrate(): Promise<void>;
  /** Back to the schema of the version that runs this update. Does nothing where the data has no newer one. */
  migrateBack(): Promise<void>;
  /** Starts the installed program once and asks `/ready`. Undefined: it is ready. Else why not. */
  tryStart(): Promise<string | undefined>;
  /** Asks the service that `start` started. Undefined: it is ready. Else why not. */
  askService(): Promise<string | undefined>;
}

export interface UpdateOutcome {
  from: string;
  to: string;
  /** Why the version from before is back. */
  wentBack?: string;
}

type Say = (sentence: string) => void;

/**
 * Replaces the installed version by a verified package. Where the new one does not start and become ready, the version and the data
 * from before come back. Nothing is changed before the copy of the old version is there and the old version has opened the data.
 */
export async function update(
  machine: Machine,
  file: string,
  { from, to }: { from: string; to: string },
  say: Say,
): Promise<UpdateOutcome> {
  say(`keeping a copy of ${from}`);
  const before = await machine.packInstalled();
  const running = await machine.isRunning();
  if (running) {
    say('stopping the service');
    await machine.stop();
  }
  await openBefore(machine, { from, running, say });
  const why = await replace(machine, file, { running, say });
  if (why === undefined) return { from, to };
  say(`${to} does not work here (${why}); going back to ${from}`);
  await goBack(machine, before, { from, to, running });
  return { from, to, wentBack: why };
}

interface Step {
  running: boolean;
  say: Say;
}

/** With the version from before: a passphrase that is wrong, or data that do not open, end the update here. */
async function openBefore(machine: Machine, { from, running, say }: Step & { from: string }): Promise<void> {
  say(`opening the data with ${from}`);
  try {
    await machine.migrate();
  } catch (error) {
    const started = running
      ? await machine.start().then(
          () => true,
          () => false,
        )
      : true;
    const stopped = started ? '' : ' The service did not start again either.';
    throw new Problem(
      'CONFLICT',
      `Nothing was changed: ${from} does not open the data. ${(error as Error).message}${stopped}`,
      { cause: error },
    );
  }
}

/** Undefined: the new version is installed and ready. Else why not. */
async function replace(machine: Machine, file: string, { running, say }: Step): Promise<string | undefined> {
  try {
    say('installing');
    await machine.install(file);
    say('bringing the data to the new schema; a checked copy is kept');
    await machine.migrate();
    say('starting the new version once');
    const fault = await machine.tryStart();
    if (fault !== undefined || !running) return fault;
    // its unit restricts it in ways that the trial does not
    say('starting the service');
    await machine.start();
    return await machine.askService();
  } catch (error) {
    return (error as Error).message;
  }
}

async function goBack(
  machine: Machine,
  before: string,
  { from, to, running }: { from: string; to: string; running: boolean },
): Promise<void> {
  if (running) await machine.stop();
  // A version that cannot run any command cannot take its schema back; it had not written one either.
  const refusal = await machine.migrateBack().then(
    () => '',
    (error: Error) => error.message,
  );
  await machine.install(before, { goingBack: true });
  try {
    await machine.migrate();
  } catch (error) {
    throw new Problem(
      'CONFLICT',
      `${from} is installed again, but it does not open the data, and the service is stopped. ${refusal || (error as Error).message} ` +
        `The copy of ${from} is ${before}; restore the backup from before the update (docs/OPERATIONS.md, "The disk or the box is lost"), or install ${to} again.`,
    );
  }
  if (running) await machine.start();
}
