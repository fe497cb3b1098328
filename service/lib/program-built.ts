/**
 * When this version of Gatehouse was built (ms since 1970, UTC), set anew with each release: a clock that stands before it is
 * wrong.
 */
export const programBuiltAt = Date.UTC(2026, 10, 1);
