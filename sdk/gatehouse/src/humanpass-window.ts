import { HumanPassError } from './humanpass-error.ts';

/** Where the page is shown. */
export interface Stage {
  /** The window that its messages come from. */
  readonly source: () => Window | null;
  open(url: string): void;
  /** Whether the person closed it. */
  closed(): boolean;
  close(): void;
}

const POPUP = 'popup=yes,width=480,height=760';

/** Opened before anything is awaited: browsers allow it in a click only. */
export function openPopup(): Stage {
  const popup = window.open('about:blank', '_blank', POPUP);
  if (!popup)
    throw new HumanPassError(
      'POPUP_BLOCKED',
      'The browser blocked the window: call verify() directly in the handler of a click.',
    );
  return {
    source: () => popup,
    open: (url) => popup.location.replace(url),
    closed: () => popup.closed,
    close: () => popup.close(),
  };
}

export function openFrame(container: HTMLElement): Stage {
  const frame = document.createElement('iframe');
  frame.title = 'Verification';
  frame.allow = 'camera; fullscreen';
  frame.referrerPolicy = 'no-referrer';
  Object.assign(frame.style, { border: '0', width: '100%', height: '100%', minHeight: '640px' });
  return {
    source: () => frame.contentWindow,
    open(url) {
      frame.src = url;
      container.append(frame);
    },
    closed: () => frame.src !== '' && !frame.isConnected,
    close: () => frame.remove(),
  };
}

export type PageEnd = 'result' | 'cancel' | 'closed';

/** How often a closed window is noticed, in ms. */
const LOOK_EVERY = 400;

/** Resolves when the page says that it is over, or the person closes it. A message counts from its window and origin alone. */
export function untilPageEnds(
  stage: Stage,
  {
    origin,
    sessionId,
    timeout,
    signal,
  }: { origin: string; sessionId: string; timeout: number; signal: AbortSignal | undefined },
): Promise<PageEnd> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController();
    const end = (how: PageEnd | HumanPassError) => {
      stop.abort();
      clearInterval(looking);
      clearTimeout(late);
      if (how instanceof HumanPassError) reject(how);
      else resolve(how);
    };
    const looking = setInterval(() => {
      if (stage.closed()) end('closed');
    }, LOOK_EVERY);
    const late = setTimeout(
      () => end(new HumanPassError('TIMEOUT', 'The verification took longer than the given time.')),
      timeout,
    );
    const aborted = () => end(new HumanPassError('ABORTED', 'The verification was aborted.'));
    signal?.addEventListener('abort', aborted, { signal: stop.signal });
    window.addEventListener(
      'message',
      ({ origin: from, source, data }: MessageEvent<unknown>) => {
        if (from !== origin || source === null || source !== stage.source()) return;
        const message = (data ?? {}) as { source?: unknown; type?: unknown; sessionId?: unknown };
        if (message.source !== 'gatehouse' || message.sessionId !== sessionId) return;
        if (message.type === 'result' || message.type === 'cancel') end(message.type);
      },
      { signal: stop.signal },
    );
    if (signal?.aborted) aborted();
  });
}
