/** This node among those that share the record. */
export interface ThisNode {
  /** Token of its run. */
  run: string;
  /** The same in secrets and ids of what is in its memory alone. */
  tag: string;
  /** Whether another run goes on. */
  isRunning(run: string): Promise<boolean>;
}

/** Digits of the token of a run that a secret or an id names it by. */
const LENGTH = 8;
const TAGGED = new RegExp(`~([0-9a-f]{${LENGTH}})$`);

export const nodeTagOf = (run: string): string => run.slice(0, LENGTH);

/** A secret or an id of something that only one run of one node has in memory; as it is, where no other node shares the record. */
export const withTag = (text: string, tag: string | undefined): string =>
  tag === undefined ? text : `${text}~${tag}`;

/** Of the run that made it; undefined for any other text. */
export const tagIn = (text: unknown): string | undefined =>
  typeof text === 'string' ? TAGGED.exec(text)?.[1] : undefined;
