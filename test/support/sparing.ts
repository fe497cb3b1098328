/** Settings of a box in a test's own process: one reads the models once, and what waits for it is not given up on a slow machine. */
export const sparing = { workers: 1, deadlineSeconds: 300 };
