/** Milliseconds. `setTimeout` fires at once beyond it. */
export const LONGEST_TIMER = 2 ** 31 - 1;
