const DEFAULT = 5_000;

/**
 * Milliseconds for a connection to PostgreSQL: what its URL says, in seconds and as everywhere (`?connect_timeout=60`), else few: a
 * database that hangs must not hang `/ready`.
 */
export function connectTimeoutOf(url: string): number {
  const seconds = Number(/[?&]connect_timeout=(\d{1,4})(?:&|$)/.exec(url)?.[1] ?? 0);
  return seconds === 0 ? DEFAULT : seconds * 1_000;
}
