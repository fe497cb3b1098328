// Keeps every event that a collector could listen to, for features to be computed later. On our own test page only.
const recording = [];
globalThis.recording = recording;
const exact = (value) => Math.round(value * 100) / 100;
const keys = new Map();
const numberOf = (code) => {
  if (!keys.has(code)) keys.set(code, keys.size);
  return keys.get(code);
};
const listen = (types, read) => {
  for (const type of types)
    addEventListener(
      type,
      (event) =>
        recording.push({ is: type, t: exact(event.timeStamp), trusted: event.isTrusted, ...read(event) }),
      { capture: true, passive: true },
    );
};
const boxOf = (target) => {
  if (!(target instanceof Element)) return undefined;
  const { x, y, width, height } = target.getBoundingClientRect();
  return { x: exact(x), y: exact(y), width: exact(width), height: exact(height), element: target.tagName };
};
// As the collector: a page as large as its window that begins below the window's upper edge.
const isBeyond = (event) =>
  innerWidth === outerWidth &&
  innerHeight === outerHeight &&
  event.screenY - event.clientY - screenY > 8 &&
  !matchMedia('(any-pointer: coarse)').matches;
const place = ({ clientX, clientY, pointerType }) => ({
  x: exact(clientX),
  y: exact(clientY),
  pointer: pointerType,
});

listen(['pointermove'], (event) => ({
  ...place(event),
  coalesced: event.getCoalescedEvents?.().length ?? null,
}));
listen(['pointerdown', 'pointerup', 'click'], (event) => ({
  ...place(event),
  button: event.button,
  detail: event.detail,
  box: boxOf(event.target),
  beyond: isBeyond(event),
}));
listen(['keydown', 'keyup'], (event) => ({
  key: numberOf(event.code),
  repeat: event.repeat,
  printed: event.key?.length === 1,
}));
listen(['input'], (event) => ({ inputType: event.inputType ?? null }));
listen(['paste', 'focusin', 'focusout'], () => ({}));
listen(['wheel'], (event) => ({ dx: event.deltaX, dy: event.deltaY, mode: event.deltaMode }));
listen(['scroll'], () => ({ x: exact(scrollX), y: exact(scrollY) }));
document.addEventListener('visibilitychange', (event) =>
  recording.push({
    is: 'visibilitychange',
    t: exact(event.timeStamp),
    trusted: true,
    hidden: document.hidden,
  }),
);
globalThis.environment = () => ({
  webdriver: navigator.webdriver === true,
  dpr: devicePixelRatio,
  width: innerWidth,
  height: innerHeight,
  now: exact(performance.now()),
});
