import { check } from './check.ts';
import type { Checked, Failure, Language } from './check-request.ts';
import { element } from './element.ts';
import { texts } from './texts.ts';

export interface WidgetOptions {
  baseUrl: string;
  /** One id for all checks of the page. */
  userId: string;
  /** A browser key. */
  sitekey: string;
  action: string | undefined;
  language: Language;
  /** Names of the fields that get the token. */
  fields: readonly string[];
  /** Nothing is shown until `execute`, or until the form is sent. */
  invisible: boolean;
  scored: boolean;
  dark: boolean;
  onToken: (token: string) => void;
  onExpired: () => void;
  onFailed: (failure: Failure) => void;
}

export interface Widget {
  form(): HTMLFormElement | null;
  /** Empty without one that counts. */
  token(): string;
  /** Whether the token will still count when the form arrives. */
  isFresh(): boolean;
  /** A new token. Rejects with the failure. */
  execute(): Promise<string>;
  reset(): void;
  remove(): void;
}

/** Milliseconds: the service takes a token for five minutes. */
const COUNTS = 290_000;
const FRESH = 240_000;

/** A box to be ticked, in or after `place`, with the fields of the form. */
export function createWidget(place: HTMLElement, options: WidgetOptions): Widget {
  const { baseUrl, sitekey, invisible } = options;
  const words = texts[options.language];
  const fields = options.fields.map((name) => element('input', { type: 'hidden', name }));
  const status = element('span', { role: 'status' });
  const box = element('input', { type: 'checkbox', style: { width: '1.25rem', height: '1.25rem' } });
  const label = element('label', { style: labelStyle }, box, words.label);
  const root = element(
    'div',
    { lang: options.language, style: invisible ? {} : { ...rootStyle, ...(options.dark && dark) } },
    ...(invisible ? [] : [label]),
    status,
    ...fields,
  );
  let token = '';
  let since = 0;
  let run: Promise<string> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const say = (text: string) => {
    status.textContent = text;
    status.style.padding = text === '' ? '0' : '0.5rem';
  };
  function set(next: string): void {
    clearTimeout(timer);
    token = next;
    since = Date.now();
    for (const field of fields) field.value = next;
    box.checked = next !== '';
  }
  function expire(): void {
    set('');
    say(invisible ? '' : words.expired);
    options.onExpired();
  }
  function take(checked: Checked): string {
    if ('failed' in checked) {
      set('');
      say(words.failed[checked.failed]);
      options.onFailed(checked.failed);
      throw new Error(checked.failed);
    }
    set(checked.token);
    say(invisible ? '' : words.done);
    timer = setTimeout(expire, COUNTS);
    options.onToken(checked.token);
    return checked.token;
  }
  function execute(): Promise<string> {
    run ??= (async () => {
      say(invisible ? '' : words.checking);
      root.setAttribute('aria-busy', 'true');
      try {
        return take(await check({ ...options, connection: { baseUrl, apiKey: sitekey, timeoutMs: 10_000 } }));
      } finally {
        root.removeAttribute('aria-busy');
        run = undefined;
      }
    })();
    return run;
  }

  box.addEventListener('change', () => {
    const isWanted = box.checked;
    box.checked = token !== '';
    if (isWanted) execute().catch(() => {});
  });
  const isButton = place.matches('button, input');
  if (isButton) {
    place.after(root);
    place.addEventListener('click', (event) => {
      event.preventDefault();
      execute().catch(() => {});
    });
  } else place.append(root);

  return {
    form: () => root.closest('form'),
    token: () => token,
    isFresh: () => token !== '' && Date.now() - since < FRESH,
    execute,
    reset() {
      set('');
      say('');
    },
    remove() {
      clearTimeout(timer);
      root.remove();
    },
  };
}

const rootStyle = {
  boxSizing: 'border-box',
  display: 'inline-block',
  minWidth: 'min(18rem, 100%)',
  maxWidth: '100%',
  border: '1px solid currentColor',
  borderRadius: '0.25rem',
  background: '#fff',
  color: '#1b1b1b',
  font: '1rem/1.4 system-ui, sans-serif',
};
const dark = { background: '#1b1b1b', color: '#fff' };
const labelStyle = {
  display: 'flex',
  alignItems: 'center',
  gap: '0.75rem',
  minHeight: '2.75rem',
  padding: '0.5rem',
  cursor: 'pointer',
};
