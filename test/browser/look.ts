import AxeBuilder from '@axe-core/playwright';
import type { CDPSession, Page } from 'playwright';

/** How a page is shown. */
export interface Form {
  name: string;
  width: number;
  scheme: 'light' | 'dark';
  /** Text of twice the size, as set in the browser. */
  largeText?: true;
  /** The colors of the system in the place of ours. */
  forcedColors?: true;
}

export const forms: readonly Form[] = (['light', 'dark'] as const).flatMap((scheme) =>
  [1280, 390].map((width) => ({ name: `${scheme}-${width}`, width, scheme })),
);
/** With `--more`. */
export const moreForms: readonly Form[] = [
  { name: 'light-320', width: 320, scheme: 'light' },
  { name: 'text-1280', width: 1280, scheme: 'light', largeText: true },
  { name: 'forced-1280', width: 1280, scheme: 'dark', forcedColors: true },
];
/** Between those that are looked at: nothing may scroll sideways. 640 is 1280 at 200 %. */
const between = [1440, 1180, 1024, 900, 768, 640, 480, 360];

const connections = new WeakMap<Page, CDPSession>();

export async function show(page: Page, form: Form): Promise<void> {
  await page.emulateMedia({
    colorScheme: form.scheme,
    forcedColors: form.forcedColors ? 'active' : 'none',
    reducedMotion: 'reduce',
  });
  await page.setViewportSize({ width: form.width, height: form.largeText ? 2400 : 900 });
  // What it sets ends with the connection.
  let devtools = connections.get(page);
  if (!devtools) {
    devtools = await page.context().newCDPSession(page);
    connections.set(page, devtools);
  }
  const fontSizes = form.largeText ? { standard: 32, fixed: 26 } : { standard: 16, fixed: 13 };
  await devtools.send('Page.setFontSizes', { fontSizes });
}

const sideways = async (page: Page): Promise<string[]> => {
  const wide = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  return wide > 0 ? [`scrolls sideways by ${wide} px: ${await page.evaluate(widest)}`] : [];
};

/** At all widths between. The page ends as wide as it was. */
export async function lookBetween(page: Page): Promise<string[]> {
  const faults: string[] = [];
  const before = page.viewportSize()!;
  for (const width of between) {
    await page.setViewportSize({ ...before, width });
    faults.push(...(await sideways(page)).map((fault) => `at ${width} px it ${fault}`));
  }
  await page.setViewportSize(before);
  return faults;
}

/** Words that are cut off without a sign. */
const cutOff = `[...document.body.querySelectorAll('*')]
  .filter((one) => [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== ''))
  .filter((one) => {
    const style = getComputedStyle(one);
    if (style.overflowX === 'visible' || style.overflowX === 'auto' || style.overflowX === 'scroll') return false;
    if (one.clientWidth <= 1 || style.clipPath !== 'none' || one.closest('.sr') || !one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    return one.scrollWidth > one.clientWidth + 1 && !(style.textOverflow === 'ellipsis' && (one.title || one.closest('[title]')));
  })
  .slice(0, 5).map((one) => one.textContent.trim().slice(0, 60) + ' (' + one.outerHTML.slice(0, 100) + ')')`;

/** The innermost elements beyond the right edge. */
const widest = `[...document.body.querySelectorAll('*')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && one.getBoundingClientRect().width > 0)
  .filter((one, _, all) => !all.some((other) => other !== one && one.contains(other)))
  .slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(', ')`;

/** Takes the picture. What axe says against what is shown, and whether it scrolls sideways. */
export async function look(page: Page, form: Form, file: string, fullPage: boolean): Promise<string[]> {
  const faults = await sideways(page);
  for (const text of (await page.evaluate(cutOff)) as string[]) faults.push(`cuts words off: ${text}`);
  // A picture of the full page takes the large text away.
  await page.screenshot({ path: file, fullPage: fullPage && !form.largeText, animations: 'disabled' });
  // Of forced colors axe sees ours, and not those that are drawn.
  const axe = new AxeBuilder({ page }).disableRules(form.forcedColors ? ['color-contrast'] : []);
  const { violations } = await axe.analyze();
  for (const { id, impact, help, nodes } of violations) {
    if (impact !== 'serious' && impact !== 'critical') continue;
    const places = nodes.map(({ target, html }) => `${target.join(' ')} ${html.slice(0, 160)}`);
    faults.push(`axe ${impact} ${id}: ${help} (${places.join('; ')})`);
  }
  return faults;
}
