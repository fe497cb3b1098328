/** The machine as an update needs it: dpkg, the service, the program. Passed in, so that the order of steps is tested without any. Every step may be done again after it was cut short. */
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
  /** The folder of a program of the installed version that no installation changes. */
  keepProgram(): Promise<string>;
  /** Going back also completes what an interrupted installation left. */
  install(file: string, how?: { goingBack: boolean }): Promise<void>;
  isRunning(): Promise<boolean>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Opens the data directory with the installed version, and brings it to its schema. */
  migrate(): Promise<void>;
  /** The same, and keeps a checked copy of the database; where, in words. Undefined where there is no data yet. */
  keepData(): Promise<string | undefined>;
  /** Back to the schema of the version from before. False where the data has no newer one, and stays. */
  migrateBack(): Promise<boolean>;
  /** Starts the installed program once and asks `/ready`. Undefined: it is ready. Else why not. */
  tryStart(): Promise<string | undefined>;
  /** Asks the service that `start` started. Undefined: it is ready. Else why not. */
  askService(): Promise<string | undefined>;
}

export type Say = (sentence: string) => void;
