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
  /** Brings the data directory to the schema of the installed version; whether it changed. */
  migrate(): Promise<boolean>;
  migrateBack(): Promise<void>;
  /** Starts the installed program once and asks `/ready`. Undefined: it is ready. Else why not. */
  tryStart(): Promise<string | undefined>;
}

export interface UpdateOutcome {
  from: string;
  to: string;
  /** Why the version from before is back. */
  wentBack?: string;
}

/**
 * Replaces the installed version by a verified package. Where the new one does not start and become ready, the version and the data
 * from before come back. Nothing is changed before the copy of the old version is there.
 */
export async function update(
  machine: Machine,
  file: string,
  { from, to }: { from: string; to: string },
  say: (sentence: string) => void,
): Promise<UpdateOutcome> {
  say(`keeping a copy of ${from}`);
  const before = await machine.packInstalled();
  const running = await machine.isRunning();
  if (running) {
    say('stopping the service');
    await machine.stop();
  }
  const fault = await replace(machine, file, say);
  if (fault.why === undefined) {
    if (running) await machine.start();
    return { from, to };
  }
  say(`${to} does not work here (${fault.why}); going back to ${from}`);
  if (fault.migrated) await machine.migrateBack();
  await machine.install(before, { goingBack: true });
  if (running) await machine.start();
  return { from, to, wentBack: fault.why };
}

async function replace(
  machine: Machine,
  file: string,
  say: (sentence: string) => void,
): Promise<{ why: string | undefined; migrated: boolean }> {
  let migrated = false;
  try {
    say('installing');
    await machine.install(file);
    say('bringing the data to the new schema; a checked copy is kept');
    migrated = await machine.migrate();
    say('starting the new version once');
    return { why: await machine.tryStart(), migrated };
  } catch (error) {
    return { why: (error as Error).message, migrated };
  }
}
