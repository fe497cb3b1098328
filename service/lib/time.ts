/** Milliseconds since 1970 as the wire has it: ISO 8601, UTC. */
export function time(milliseconds: number): string;
export function time(milliseconds: number | null | undefined): string | undefined;
export function time(milliseconds: number | null | undefined): string | undefined {
  return milliseconds === null || milliseconds === undefined
    ? undefined
    : new Date(milliseconds).toISOString();
}

/** Accepts names of the IANA list and offsets such as "+01:00". */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
