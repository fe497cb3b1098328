/** How far a clock may be put right backwards, in milliseconds, before what was made since counts as of another time. */
const PUT_RIGHT = 5 * 60_000;

/** Whether something lasts: made, and not yet over. A clock that was set back lengthens nothing by more than five minutes. */
export const lasts = (from: number, until: number, now: number): boolean =>
  now < until && now >= from - PUT_RIGHT;
