/** The answer before: nearly always the same again. */
let last = { start: 0, end: 0 };

/** The calendar month, UTC, that holds a moment: its first millisecond, and that of the next. */
export function monthOf(now: number): { start: number; end: number } {
  if (now < last.start || now >= last.end) {
    const date = new Date(now);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    last = { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  }
  return last;
}
