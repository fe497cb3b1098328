import { startCollecting } from '../huma/page-collector.ts';
import { createWidgets, type Service, type Widgets } from './services.ts';

const place = Symbol.for('gatehouse.siteverify');
type Page = Window & { [place]?: Widgets } & Record<string, unknown>;

/**
 * Collects from now on, gives the page `turnstile`, `grecaptcha` and `hcaptcha`, and shows the checks of its forms. A service that is there
 * already stays.
 */
export function installWidgets(scriptAddress?: string): void {
  const page = window as unknown as Page;
  const address = new URL(scriptAddress || location.href);
  const asked = (name: string) => address.searchParams.get(name);
  const widgets = page[place] ?? begin(address);
  if (!page[place]) for (const [name, api] of Object.entries(apisOf(widgets))) add(page, name, api);
  page[place] = widgets;
  whenRead(() => {
    if (asked('render') !== 'explicit') widgets.renderAll();
    const onload = page[asked('onload') ?? ''];
    if (typeof onload === 'function') onload();
  });
}

function begin(address: URL): Widgets {
  startCollecting();
  return createWidgets({
    baseUrl: address.origin,
    userId: `page-${randomText()}`,
    language: address.searchParams.get('hl') ?? (document.documentElement.lang || navigator.language),
  });
}

/** What forms use of the three. */
function apisOf(widgets: Widgets) {
  const of = (service: Service) => ({
    render: (where: string | HTMLElement, parameters?: Record<string, unknown>) =>
      widgets.render(service, where, parameters),
    getResponse: (which?: unknown) => widgets.find(which)?.token() ?? '',
    reset: (which?: unknown) => widgets.find(which)?.reset(),
    remove: (which?: unknown) => widgets.remove(which),
    ready: whenRead,
  });
  /** Of a form that is not there, or of a check that fails, nothing follows: its callback was called. */
  const execute = (which?: unknown) => widgets.find(which)?.execute() ?? Promise.resolve('');
  const quietly = (which?: unknown) => void execute(which).catch(() => {});
  const turnstile = of('turnstile');
  return {
    turnstile: {
      ...turnstile,
      render: (...given: Parameters<typeof turnstile.render>) => String(turnstile.render(...given)),
      execute: quietly,
      isExpired: (which?: unknown) => !widgets.find(which)?.token(),
    },
    grecaptcha: {
      ...of('grecaptcha'),
      /** With a key, as of version 3: the token of an action. */
      execute: (which?: unknown, { action }: { action?: string } = {}) =>
        typeof which === 'string' && which.includes('_') ? widgets.execute(which, action) : execute(which),
    },
    hcaptcha: {
      ...of('hcaptcha'),
      getRespKey: () => '',
      execute: (which?: unknown, { async = false } = {}) =>
        async ? execute(which).then((response) => ({ response, key: '' })) : quietly(which),
    },
  };
}

/** Pages define `grecaptcha.ready` themselves until the script is there, and keep what waits in a list. */
function add(page: Page, name: string, api: object): void {
  const before = page[name] as { render?: unknown } | undefined;
  if (typeof before?.render === 'function') return;
  page[name] = typeof before === 'object' && !(before instanceof Element) ? Object.assign(before, api) : api;
  const { fns = [] } = (page[`___${name}_cfg`] ?? {}) as { fns?: (() => void)[] };
  for (const waiting of fns.splice(0)) whenRead(waiting);
}

/** Deferred scripts of the page, which may define what is called, have run by then. */
function whenRead(act: () => void): void {
  if (document.readyState === 'complete') {
    setTimeout(act);
    return;
  }
  const once = () => {
    document.removeEventListener('DOMContentLoaded', once);
    removeEventListener('load', once);
    act();
  };
  document.addEventListener('DOMContentLoaded', once);
  addEventListener('load', once);
}

const randomText = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36)).join('');
