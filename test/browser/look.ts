import axe from 'axe-core';
import type { CDPSession, Page } from 'playwright';
import { textOutsideItsBox } from './text-boxes.ts';

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
  { name: 'light-1440', width: 1440, scheme: 'light' },
  { name: 'text-1280', width: 1280, scheme: 'light', largeText: true },
  { name: 'forced-1280', width: 1280, scheme: 'dark', forcedColors: true },
];
/** Between those that are looked at: nothing may scroll sideways or leave its box. 640 is 1280 at 200 %. */
const between = [1180, 1024, 900, 768, 640, 480, 360];

/** Laid out as in a narrow window: its navigation is a drawer. */
export const isNarrow = ({ width, largeText }: Form): boolean => width < 1000 || largeText === true;

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
  // What measures itself, such as a chart, does so after a frame and draws in the next.
  await page.evaluate(`new Promise((done) => {
    let frames = 3;
    const next = () => (frames-- > 0 ? requestAnimationFrame(next) : done());
    next();
  })`);
}

const sideways = async (page: Page): Promise<string[]> => {
  const wide = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  return wide > 0 ? [`scrolls sideways by ${wide} px: ${await page.evaluate(widest)}`] : [];
};

/** At all widths between. The page ends as wide as it was. */
export async function lookBetween(page: Page): Promise<string[]> {
  const faults: string[] = [];
  const before = page.viewportSize()!;
  // What the Tab key came to last may show a tooltip, which follows a new width late.
  await page.evaluate('document.activeElement?.blur()');
  await page.locator('.mantine-Tooltip-tooltip').first().waitFor({ state: 'detached', timeout: 5_000 });
  for (const width of between) {
    await page.setViewportSize({ ...before, width });
    const found = [...(await sideways(page)), ...(await textOutsideItsBox(page))];
    faults.push(...found.map((fault) => `at ${width} px: ${fault}`));
  }
  await page.setViewportSize(before);
  return faults;
}

/** The innermost elements beyond the right edge. */
const widest = `[...document.body.querySelectorAll('*')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && one.getBoundingClientRect().width > 0)
  .filter((one, _, all) => !all.some((other) => other !== one && one.contains(other)))
  .slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(', ')`;

/** Takes the picture. What axe says against what is shown, whether it scrolls sideways, and where a text leaves its box. */
export async function look(page: Page, form: Form, file: string, fullPage: boolean): Promise<string[]> {
  const faults = [...(await sideways(page)), ...(await textOutsideItsBox(page))];
  // A picture of the full page takes the large text away.
  await page.screenshot({
    path: file,
    fullPage: fullPage && !form.largeText,
    animations: 'disabled',
    timeout: 120_000,
  });
  // Of forced colors axe sees ours, and not those that are drawn.
  for (const { id, impact, help, nodes } of await violations(
    page,
    form.forcedColors ? ['color-contrast'] : [],
  )) {
    if (impact !== 'serious' && impact !== 'critical') continue;
    const places = nodes.map(({ target, html }) => `${target.join(' ')} ${html.slice(0, 160)}`);
    faults.push(`axe ${impact} ${id}: ${help} (${places.join('; ')})`);
  }
  return faults;
}

/** Of a page without frames. Loads axe once for each page: AxeBuilder does so each time, which takes ten times as long. */
async function violations(page: Page, without: readonly string[]): Promise<axe.Result[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const rules = Object.fromEntries(without.map((rule) => [rule, { enabled: false }]));
  const answer = await page.evaluate(`axe.run(document, ${JSON.stringify({ rules })})`);
  return (answer as axe.AxeResults).violations;
}
