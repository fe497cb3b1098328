/**
 * When this version of Gatehouse was built (ms since 1970, UTC), set by `npm run release:version`: a clock that stands before it
 * is wrong.
 */
export const programBuiltAt = Date.UTC(2026, 10, 1);
