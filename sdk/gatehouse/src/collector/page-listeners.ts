import type { CollectedPage, Listen } from './collected-page.ts';
import type { EventLog } from './event-log.ts';

export function listenToPage(
  listen: Listen,
  log: EventLog,
  page: CollectedPage,
): Record<'hidden' | 'away', (from: number, to: number) => number> {
  const hidden = createSpans();
  const away = createSpans();
  const note = (t: number) => hidden.note(t, page.document.hidden);
  if (page.document.hidden) note(page.performance.now());

  listen<WheelEvent>('wheel', (_, t) => log.count('wheel', t));
  listen('scroll', (event, t) => {
    const { scrollTop } = (event.target ?? {}) as { scrollTop?: number };
    log.count('scroll', t);
    log.scrolls.add({ t, y: scrollTop ?? page.scrollY });
  });
  listen('visibilitychange', (_, t) => note(t));
  // Captured: every element's arrive here too.
  const onFocus = (gained: boolean) => (event: Event, t: number) => {
    const ofWindow = event.target === (page as unknown);
    if (ofWindow) away.note(t, !gained);
    if (ofWindow || gained) log.focuses.add({ t, of: ofWindow ? 'window' : 'field' });
  };
  listen('focus', onFocus(true));
  listen('blur', onFocus(false));
  return {
    /** Milliseconds of the time between in which the page was hidden. */
    hidden: hidden.between,
    /** The same in which it did not have the focus. */
    away: away.between,
  };
}

/** Times from a beginning to an end. */
function createSpans() {
  const spans: { from: number; to?: number }[] = [];
  return {
    note(t: number, begins: boolean): void {
      const last = spans.at(-1);
      const open = last !== undefined && last.to === undefined;
      if (begins && !open) spans.push({ from: t });
      else if (!begins && open) last.to = t;
      if (spans.length > 50) spans.shift();
    },
    between: (from: number, to: number): number =>
      spans.reduce(
        (all, span) => all + Math.max(0, Math.min(to, span.to ?? to) - Math.max(from, span.from)),
        0,
      ),
  };
}
