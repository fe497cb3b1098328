/** How often a header was sent. `name` in lower case; `rawHeaders` as Node gives them: names and values in turn. */
export function timesNamed(rawHeaders: readonly string[], name: string): number {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i]!;
    if (sent.length === name.length && sent.toLowerCase() === name) times++;
  }
  return times;
}
