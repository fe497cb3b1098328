/** Where the console opens the board: at its own origin, whatever name the service gives itself. Throws for another page. */
export function boardPath(url: string): string {
  const { pathname } = new URL(url);
  if (!/^\/jobs\/open\/[\w~-]+$/.test(pathname)) throw new Error('This is no link to the board of jobs.');
  return pathname;
}
