import type { CollectedPage } from './collected-page.ts';
import type { EventLog } from './event-log.ts';
import type { PointerKind, Press } from './features/index.ts';
import type { Listeners } from './listeners.ts';

/** Of every so many moves one is asked for the hardware samples in it: the call is not free. */
const COALESCED_EVERY = 16;
/** Moves that are read together: the page holds fewer than so many events, until anything else happens or a snapshot is taken. */
const MOVES_TOGETHER = 32;
/** The frame of a window, px: less is rounding. */
const FRAME = 8;
/** What a person aims at; else the element itself. */
const CONTROLS = 'a,button,input,select,textarea,label,summary,[role],[tabindex]';

export function listenToPointers(
  { listen, listenInGroups }: Pick<Listeners, 'listen' | 'listenInGroups'>,
  log: EventLog,
  page: CollectedPage,
): void {
  const pressed = new Map<number, Press>();
  let newest: Press | undefined;

  listenInGroups<PointerEvent>(
    'pointermove',
    { most: MOVES_TOGETHER, every: COALESCED_EVERY },
    (event, t) => {
      const kind = kindOf(event);
      log.count('move', t, kind);
      if (kind === 'mouse') log.addMove(t, event.clientX, event.clientY);
    },
    {
      sample(event, t) {
        if (event.getCoalescedEvents && kindOf(event) === 'mouse')
          log.coalesced.add({ t, n: event.getCoalescedEvents().length });
      },
      // A move that a person made has at least itself; some browsers drop the list after the dispatch.
      lasts: (event) => (event.getCoalescedEvents?.().length ?? 0) > 0,
    },
  );
  listen<PointerEvent>('pointerdown', (event, t) => {
    const kind = kindOf(event);
    const press: Press = { t, x: event.clientX, y: event.clientY, kind };
    const offset = offsetIn(event);
    if (offset) press.offset = offset;
    if (kind === 'mouse' && isBeyond(event, page)) press.beyond = true;
    log.count('down', t, kind);
    log.presses.add(press);
    pressed.set(event.pointerId, press);
    newest = press;
  });
  // Presses of a button count from one; Chromium's accessibility actions are none.
  listen<MouseEvent>('mousedown', ({ detail }) => {
    if (newest && detail === 0) newest.aided = true;
  });
  listen<PointerEvent>('pointerup', (event, t) => {
    log.count('up', t, kindOf(event));
    const press = pressed.get(event.pointerId);
    pressed.delete(event.pointerId);
    if (press) press.held = Math.max(0, t - press.t);
  });
  // The browser took the touch for scrolling: it is no click.
  listen<PointerEvent>('pointercancel', (event) => pressed.delete(event.pointerId));
}

const kindOf = ({ pointerType }: PointerEvent): PointerKind =>
  pointerType === 'touch' || pointerType === 'pen' ? pointerType : 'mouse';

/**
 * Whether the page, as large as its whole window, begins below the upper edge of it. Only a debugger that emulates a size does that, as
 * test libraries do without a screen; phones, whose bars come and go, are left out.
 */
const isBeyond = ({ clientY, screenY }: PointerEvent, page: CollectedPage): boolean =>
  page.innerWidth === page.outerWidth &&
  page.innerHeight === page.outerHeight &&
  screenY - clientY - page.screenY! > FRAME &&
  !page.matchMedia?.('(any-pointer: coarse)').matches;

function offsetIn(event: PointerEvent): Press['offset'] {
  const target = (event.composedPath?.()[0] ?? event.target) as Partial<Element> | null;
  const element = target?.closest?.(CONTROLS) ?? target;
  if (!element?.getBoundingClientRect || /^(html|body)$/i.test(element.tagName ?? '')) return undefined;
  const { left, top, width, height } = element.getBoundingClientRect();
  if (width < 1 || height < 1) return undefined;
  const part = (place: number, start: number, size: number) =>
    Math.max(-0.5, Math.min(0.5, (place - start) / size - 0.5));
  return { x: part(event.clientX, left, width), y: part(event.clientY, top, height), width, height };
}
