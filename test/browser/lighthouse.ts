// What Lighthouse says of the pages of a box on this machine: npm run lighthouse -- [--only TEXT] [--out FOLDER]
// Accessibility and best practices have to be 100, and the first paint has to come within 1.5 seconds; the largest paint and the blocking
// time are printed. Ends with 1 where that is not so. The reports (HTML and JSON) stay in the folder.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { chromiumPath, missing } from './chromium.ts';
import { fillWithDemoData } from './demo-data.ts';
import { openOwnSession } from './own-session.ts';
import { startBox } from './running-box.ts';

const run = promisify(execFile);
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    out: { type: 'string', default: join(tmpdir(), 'gatehouse-lighthouse') },
  },
});
const lighthouse = join(import.meta.dirname, '../../node_modules/lighthouse/cli/index.js');
/** Milliseconds. */
const LATEST_FIRST_PAINT = 1500;

const pages = [
  { name: 'sign-in', path: '/console/sign-in', signedIn: false },
  { name: 'overview', path: '/console/overview', signedIn: true },
  { name: 'people', path: '/console/people', signedIn: true },
  { name: 'person', path: '/console/people/{person}', signedIn: true },
  { name: 'enroll', path: '/console/enroll', signedIn: true },
  { name: 'verifications', path: '/console/verifications', signedIn: true },
  { name: 'new-key', path: '/console/keys/new', signedIn: true },
  { name: 'security', path: '/console/security', signedIn: true },
  { name: 'settings', path: '/console/settings', signedIn: true },
  { name: 'kiosk', path: '/kiosk/', signedIn: false },
];

const Report = z.object({
  runtimeError: z.object({ message: z.string() }).optional(),
  finalDisplayedUrl: z.string(),
  categories: z.record(
    z.string(),
    z.object({ score: z.number().nullable(), auditRefs: z.array(z.object({ id: z.string() })) }),
  ),
  audits: z.record(
    z.string(),
    z.object({
      title: z.string(),
      score: z.number().nullable(),
      scoreDisplayMode: z.string(),
      numericValue: z.number().optional(),
    }),
  ),
});
type Report = z.output<typeof Report>;

if (missing) {
  console.error(`Lighthouse does not run: ${missing}.`);
  process.exit(1);
}
const wanted = pages.filter(({ path }) => path.includes(options.only));
if (wanted.length === 0) {
  console.error(`No page has "${options.only}" in its path.`);
  process.exit(1);
}
await mkdir(options.out, { recursive: true });
const findings: string[] = [];
const headers = join(options.out, 'headers.json');
const box = await startBox('Nordlys Bank');
try {
  const places = await fillWithDemoData(box);
  const { name, value } = await openOwnSession(box);
  await writeFile(headers, JSON.stringify({ Cookie: `${name}=${value}` }), { mode: 0o600 });
  for (const page of wanted) {
    const path = page.path.replace(/\{(\w+)\}/g, (_, key: string) => places[key] ?? '');
    const url = box.pagesUrl + path;
    const report = await audit(url, page.name, page.signedIn ? headers : undefined);
    if (report.finalDisplayedUrl === url) findings.push(...judge(page.name, report));
    else findings.push(`${page.name}: ended at ${report.finalDisplayedUrl}`);
  }
} finally {
  await rm(headers, { force: true });
  await box.stop();
}
if (findings.length > 0) {
  console.error(`\n${findings.join('\n')}\n\n${findings.length} findings; reports in ${options.out}`);
  process.exitCode = 1;
} else {
  console.log(`\nNo finding on ${wanted.length} pages; reports in ${options.out}`);
}

/** With the speed of this machine, not that of a phone that Lighthouse imagines. */
async function audit(url: string, name: string, headers: string | undefined): Promise<Report> {
  const file = join(options.out, name);
  const words = [
    ...[lighthouse, url, '--quiet', '--output=json', '--output=html', `--output-path=${file}`],
    ...['--only-categories=accessibility,best-practices,performance', '--preset=desktop'],
    ...['--throttling-method=provided', '--no-enable-error-reporting'],
    ...['--chrome-flags=--headless=new --no-sandbox', '--max-wait-for-load=60000'],
    ...(headers === undefined ? [] : [`--extra-headers=${headers}`]),
  ];
  const env = { ...process.env, CHROME_PATH: chromiumPath };
  const once = () => run(process.execPath, words, { env, maxBuffer: 64 * 1024 * 1024 });
  // On a busy machine the page may begin before the recording does (NO_NAVSTART).
  await once().catch(once);
  return Report.parse(JSON.parse(await readFile(`${file}.report.json`, 'utf8')));
}

function judge(page: string, { categories, audits, runtimeError }: Report): string[] {
  if (runtimeError) return [`${page}: ${runtimeError.message}`];
  const percent = (category: string) => Math.round((categories[category]?.score ?? 0) * 100);
  const milliseconds = (audit: string) => Math.round(audits[audit]?.numericValue ?? Number.NaN);
  const first = milliseconds('first-contentful-paint');
  console.log(
    `${page.padEnd(14)} accessibility ${percent('accessibility')}, best practices ${percent('best-practices')}; ` +
      `first paint ${first} ms, largest ${milliseconds('largest-contentful-paint')} ms, blocked ${milliseconds('total-blocking-time')} ms`,
  );
  const short = ['accessibility', 'best-practices'].flatMap((category) => {
    if (percent(category) === 100) return [];
    const failed = (categories[category]?.auditRefs ?? [])
      .flatMap(({ id }) => audits[id] ?? [])
      .filter(({ score, scoreDisplayMode }) => scoreDisplayMode === 'binary' && score === 0);
    return [`${page}: ${category} ${percent(category)}: ${failed.map(({ title }) => title).join('; ')}`];
  });
  const late = first <= LATEST_FIRST_PAINT ? [] : [`${page}: first paint after ${first} ms`];
  return [...short, ...late];
}
