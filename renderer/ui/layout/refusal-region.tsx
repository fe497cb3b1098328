import { type ReactNode, useEffect, useId, useRef } from 'react';

/** Where the reason of a refusal stands. When one appears it is brought to the reader: scrolled to, focused, and so read out. */
export function RefusalRegion({ children }: { children: ReactNode }) {
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const isShown = useRef(false);
  // What is inside may render nothing: only the page knows.
  useEffect(() => {
    const refusal = place.current?.firstElementChild ?? undefined;
    if (refusal instanceof HTMLElement && !isShown.current) bringToReader(refusal, id);
    isShown.current = refusal !== undefined;
  });
  return (
    <div ref={place} style={{ display: 'contents' }}>
      {children}
    </div>
  );
}

/** The remedy gets the focus where one is offered, with the refusal as its description; else the refusal itself. */
function bringToReader(refusal: HTMLElement, id: string): void {
  refusal.id ||= id;
  const remedy = refusal.querySelector<HTMLElement>('button, a[href], input');
  if (remedy) remedy.setAttribute('aria-describedby', refusal.id);
  else refusal.tabIndex = -1;
  refusal.scrollIntoView({ block: 'center' });
  (remedy ?? refusal).focus({ preventScroll: true });
}
