/** These give up after a second, whatever the machine does meanwhile. */
const ONE_SECOND = /\bvi\.wait(?:For|Until)\((?!.*\btimeout: )/;
/** A time that a test or a hook has of its own, at its end. */
const OWN_TIME = /^\s*\}, ([1-9][\d_]{3,})\);$/;
/** Milliseconds that `vitest.config.ts` gives every test: less is a bet on the machine. */
const USUAL = 300_000;

/** One sentence for each line on which a test gives up earlier than `vitest.config.ts` says. `npm test` has to pass on any machine. */
export function findImpatientWaits(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, at) => {
    const place = `${file}:${at + 1}`;
    if (ONE_SECOND.test(line))
      return [`${place} waits for a second at most: expect.poll has the time of vitest.config.ts`];
    const own = OWN_TIME.exec(line)?.[1]?.replaceAll('_', '');
    if (own !== undefined && Number(own) <= USUAL)
      return [`${place} has no more time than every test: leave its own out`];
    return [];
  });
}
