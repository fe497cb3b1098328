const LONGEST = 72;

/** One sentence for each line `HASH TITLE` of a log whose title is too long. */
export const findLongTitles = (log: string): string[] =>
  log.split('\n').flatMap((line) => {
    const [hash = '', ...words] = line.split(' ');
    const title = words.join(' ');
    return title.length <= LONGEST || title.startsWith('Merge ')
      ? []
      : [`${hash}: its title has ${title.length} characters, and ${LONGEST} are allowed`];
  });
