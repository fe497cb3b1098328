import { useEffect, useRef, useState } from 'react';

const STORED = 'gatehouse-review-keys';

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Single letters that act on the page, unless a field or a dialog has the focus; the reader can switch them off. */
export function useKeys(actions: Readonly<Record<string, () => unknown>>) {
  const latest = useRef(actions);
  latest.current = actions;
  const [on, setOn] = useState(() => localStorage.getItem(STORED) !== 'off');
  useEffect(() => {
    if (!on) return;
    const onKey = (event: KeyboardEvent) => {
      const act = latest.current[event.key.toLowerCase()];
      if (!act || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('[role="dialog"], [role="menu"]')) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [on]);
  return {
    on,
    toggle() {
      localStorage.setItem(STORED, on ? 'off' : 'on');
      setOn(!on);
    },
  };
}
