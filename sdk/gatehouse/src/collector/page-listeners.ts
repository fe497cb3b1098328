import type { CollectedPage, Listen } from './collected-page.ts';
import type { EventLog } from './event-log.ts';

export function listenToPage(
  listen: Listen,
  log: EventLog,
  page: CollectedPage,
): { hiddenSince(from: number, to: number): number } {
  const spans: { from: number; to?: number }[] = [];
  const note = (t: number) => {
    const last = spans.at(-1);
    if (page.document.hidden) spans.push({ from: t });
    else if (last) last.to ??= t;
    if (spans.length > 50) spans.shift();
  };
  if (page.document.hidden) note(page.performance.now());

  listen<WheelEvent>('wheel', (_, t) => log.count('wheel', t));
  listen('scroll', (event, t) => {
    const { scrollTop } = (event.target ?? {}) as { scrollTop?: number };
    log.count('scroll', t);
    log.scrolls.add({ t, y: scrollTop ?? page.scrollY });
  });
  listen('visibilitychange', (_, t) => note(t));
  return {
    /** Milliseconds of the time between in which the page was hidden. */
    hiddenSince: (from, to) =>
      spans.reduce(
        (all, span) => all + Math.max(0, Math.min(to, span.to ?? to) - Math.max(from, span.from)),
        0,
      ),
  };
}
