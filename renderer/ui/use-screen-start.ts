import { type RefObject, useEffect } from 'react';

/** A new screen begins at its top, and its heading has the focus, unless a field of it has. */
export function useScreenStart(main: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    scrollTo(0, 0);
    const place = main.current;
    if (!place || place.contains(document.activeElement)) return;
    const heading = place.querySelector('h1') ?? place;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }, [main]);
}
