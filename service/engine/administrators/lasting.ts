/** Milliseconds by which a clock may be set back before newer records become invalid. */
const PUT_RIGHT = 5 * 60_000;

/** Whether something lasts: made, and not yet over. A clock that was set back lengthens nothing by more than five minutes. */
export const lasts = (from: number, until: number, now: number): boolean =>
  now < until && now >= from - PUT_RIGHT;
