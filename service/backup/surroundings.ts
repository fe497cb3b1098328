/** What lies around a data directory: root's, where a package made the directory for the account of the service. */
export interface Surroundings {
  /** Runs a step that changes names there. */
  change<T>(step: () => T): T;
  /** Gives what such a step made to the owner of the data. */
  give(path: string): void;
}

export const ownSurroundings: Surroundings = { change: (step) => step(), give() {} };
