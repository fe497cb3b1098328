import { check } from './check.ts';
import type { Language } from './check-request.ts';
import { createWidget, type Widget } from './widget.ts';

/** Names and attributes as these services have them: `expired-callback`, in the page `data-expired-callback`. */
type Parameters = Record<string, unknown>;
type Target = string | HTMLElement;

/** Elements that a service finds by itself, and fields that its forms post. */
const services = {
  turnstile: { className: 'cf-turnstile', fields: ['cf-turnstile-response'] },
  grecaptcha: { className: 'g-recaptcha', fields: ['g-recaptcha-response'] },
  hcaptcha: { className: 'h-captcha', fields: ['h-captcha-response', 'g-recaptcha-response'] },
} as const;
export type Service = keyof typeof services;

interface Page {
  baseUrl: string;
  userId: string;
  /** As the address of the script, or the page, says. */
  language: string;
}

export interface Widgets {
  render(service: Service, place: Target, parameters?: Parameters): number;
  /** The only one, or the first, where none is named. */
  find(which?: unknown): Widget | undefined;
  /** Those of the page's own elements that are not shown yet. */
  renderAll(): void;
  execute(sitekey: string, action: string | undefined): Promise<string>;
  remove(which?: unknown): void;
}

export function createWidgets(page: Page): Widgets {
  const made: { place: HTMLElement; widget: Widget }[] = [];
  const sending = new WeakSet<HTMLFormElement>();

  function render(service: Service, place: Target, parameters: Parameters = {}): number {
    const found = elementOf(place);
    if (!found) throw new Error(`Gatehouse: there is no element ${String(place)} for the check.`);
    const known = made.findIndex((one) => one.place === found);
    if (known >= 0) return known;
    const read = (name: string) => parameters[name] ?? found.getAttribute(`data-${name}`) ?? undefined;
    const sitekey = read('sitekey');
    if (typeof sitekey !== 'string' || sitekey === '')
      throw new Error('Gatehouse: the check needs a sitekey: a browser key that is bound to this origin.');
    const call = (name: string) => (value?: unknown) => {
      const given = read(name);
      const callback = typeof given === 'string' ? (window as never)[given] : given;
      if (typeof callback === 'function') (callback as (value?: unknown) => void)(value);
    };
    const own = read('response-field-name');
    const widget = createWidget(found, {
      ...page,
      language: languageOf(read('language') ?? read('hl') ?? page.language),
      sitekey,
      action: actionOf(read('action')),
      fields: typeof own === 'string' ? [own] : services[service].fields,
      invisible: read('size') === 'invisible' || found.matches('button, input'),
      scored: false,
      dark: read('theme') === 'dark',
      onToken: call('callback'),
      onExpired: call('expired-callback'),
      onFailed: call('error-callback'),
    });
    return made.push({ place: found, widget }) - 1;
  }

  function indexOf(which: unknown): number {
    if (which === undefined || which === null) return made.findIndex(() => true);
    if (typeof which === 'number' || /^\d+$/.test(String(which))) return Number(which);
    const place = elementOf(which as Target);
    return made.findIndex((one) => one.place === place);
  }

  // Before every listener of the page: what it sends has a token that counts.
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target as HTMLFormElement;
      const waiting = made.filter(({ widget }) => widget.form() === form && !widget.isFresh());
      if (waiting.length === 0) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (sending.has(form)) return;
      sending.add(form);
      const { submitter } = event;
      Promise.all(waiting.map(({ widget }) => widget.execute()))
        .then(() => HTMLFormElement.prototype.requestSubmit.call(form, submitter))
        .catch(() => {})
        .finally(() => sending.delete(form));
    },
    true,
  );

  return {
    render,
    find: (which) => made[indexOf(which)]?.widget,
    renderAll() {
      for (const [service, { className }] of Object.entries(services))
        for (const place of document.querySelectorAll<HTMLElement>(`.${className}[data-sitekey]`))
          render(service as Service, place);
    },
    async execute(sitekey, action) {
      const { baseUrl, userId } = page;
      const checked = await check({
        connection: { baseUrl, apiKey: sitekey, timeoutMs: 10_000 },
        userId,
        language: languageOf(page.language),
        action: actionOf(action),
        scored: true,
      });
      if ('failed' in checked) throw new Error(`Gatehouse: ${checked.failed}`);
      return checked.token;
    },
    remove(which) {
      const at = indexOf(which);
      made[at]?.widget.remove();
      // The others keep their numbers.
      if (made[at]) made[at] = { place: document.createElement('i'), widget: gone };
    },
  };
}

const gone: Widget = {
  form: () => null,
  token: () => '',
  isFresh: () => false,
  execute: () => Promise.reject(new Error('Gatehouse: this check was removed.')),
  reset() {},
  remove() {},
};

const elementOf = (place: Target): HTMLElement | null =>
  typeof place === 'string'
    ? (document.getElementById(place) ?? document.querySelector<HTMLElement>(place))
    : place;

const languageOf = (text: unknown): Language => (/^de\b/i.test(String(text)) ? 'de' : 'en');

/** The service takes no other; what it would refuse is left out, and a server that compares it refuses the form. */
const actionOf = (text: unknown): string | undefined =>
  /^[\w/-]{1,100}$/.test(String(text ?? '')) ? String(text) : undefined;
