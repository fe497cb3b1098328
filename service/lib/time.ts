/** Milliseconds since 1970 as the wire has it: ISO 8601, UTC. */
export const time = (milliseconds: number): string => new Date(milliseconds).toISOString();
