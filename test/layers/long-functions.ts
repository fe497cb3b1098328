/** Functions over 80 lines on the day the limit came, with the lines they had. It only shrinks: a new one is split, not listed. */
export const longFunctions: Readonly<Record<string, number>> = {};
