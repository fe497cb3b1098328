/** Milliseconds since 1970 as the wire has it: ISO 8601, UTC. */
export function time(milliseconds: number): string;
export function time(milliseconds: number | null | undefined): string | undefined;
export function time(milliseconds: number | null | undefined): string | undefined {
  return milliseconds === null || milliseconds === undefined
    ? undefined
    : new Date(milliseconds).toISOString();
}
