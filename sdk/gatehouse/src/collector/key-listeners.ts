import type { CollectedPage, Listen } from './collected-page.ts';
import type { EventLog } from './event-log.ts';
import type { Stroke } from './features/index.ts';

const MODIFIER = /^(Shift|Control|Alt|Meta|CapsLock|OS)/;

/**
 * Times of keys and of text. Which key it is matches a release to its press, and a press to the one before: it is forgotten with the
 * release and with the next press.
 */
export function listenToKeys(listen: Listen, log: EventLog, page: CollectedPage): void {
  const pressed = new Map<string, Stroke>();
  const hasSoftKeyboard = onlyTouch(page);
  let keysSinceText = 0;
  let last: string | undefined;

  listen<KeyboardEvent>('keydown', (event, t) => {
    keysSinceText += 1;
    if (event.repeat) return;
    log.count('keyDown', t);
    const name = event.code || event.key;
    // "Unidentified": soft keyboards and input methods, whose releases mean nothing.
    if (event.isComposing || !name || name === 'Unidentified' || MODIFIER.test(name)) return;
    const stroke: Stroke = { down: t, again: name === last };
    last = name;
    log.strokes.add(stroke);
    pressed.set(name, stroke);
  });
  listen<KeyboardEvent>('keyup', (event, t) => {
    log.count('keyUp', t);
    const name = event.code || event.key;
    const stroke = pressed.get(name);
    pressed.delete(name);
    // The soft keyboard of a phone releases a key in the moment in which it presses it.
    if (stroke && !hasSoftKeyboard) stroke.up = Math.max(stroke.down, t);
  });
  listen<InputEvent>('input', (event, t) => {
    log.count('input', t);
    if (event.inputType !== 'insertText' || event.isComposing) return;
    log.typed.add({ t, keyed: keysSinceText > 0 });
    keysSinceText = 0;
  });
  listen<ClipboardEvent>('paste', (_, t) => log.count('paste', t));
}

function onlyTouch(page: CollectedPage): boolean {
  const matches = (query: string) => page.matchMedia?.(query).matches === true;
  return matches('(any-pointer: coarse)') && !matches('(any-pointer: fine)');
}
