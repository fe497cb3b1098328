/** A window of a program of this project: its generator, length in ms, movements and their shape, in the order of the inputs. */
export type RecordedProgram = readonly [
  generator: string,
  winMs: number,
  movements: number,
  ...shape: (number | null)[],
];
