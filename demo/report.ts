import sharp from 'sharp';
import type { CheckResult } from '../service/engine/matching/index.ts';
import { legend } from './face-sheet.ts';
import type { Trial } from './trial.ts';
import { meaningOf, type Rates, waysToBeWrong } from './wrong-answer.ts';

export interface ReportInput {
  trials: readonly Trial[];
  /** The faces with their names: PNG. */
  faces: Buffer;
  /** Why the demo asks in the test world. */
  why: string;
  /** Facts about the run: what, value. */
  facts: readonly (readonly [string, string])[];
  /** Of the profile that was asked. */
  rates: Rates;
}

/** One HTML page that needs nothing but itself. */
export async function renderReport({ trials, faces, facts, why, rates }: ReportInput): Promise<string> {
  const wrong = trials.filter(({ right }) => !right).length;
  const rows = await Promise.all(trials.map((trial) => row(trial, rates)));
  const picture = await sharp(faces).resize(1440).webp({ quality: 82 }).toBuffer();
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Gatehouse demo</title>
<style>${style}</style>
<main>
  <header>
    <h1>Gatehouse demo</h1>
    <p class="verdict ${wrong === 0 ? 'good' : 'bad'}">${
      wrong === 0
        ? `All ${trials.length} answers are right`
        : `${wrong} of ${trials.length} answers are wrong`
    }</p>
  </header>
  <p>${escapeHtml(why)}</p>
  <p>Every row is one <code>POST /api/verify</code> to the real service over HTTP, in the test world. The altered copies come from the
  photograph that was enrolled, so they show that the product works, not how accurate it is; that is measured by
  <code>npm run accuracy</code> on thousands of pairs. The names are invented; the photographs are samples of the
  <code>@vladmandic/face-api</code> package.</p>
  <section class="meaning">
    <h2>What a wrong row means</h2>
    <p>${wrong === 0 ? 'There is none in this run. ' : ''}A row is wrong, and red, when the answer is not what is in the picture. There are three ways; the row says which one, and what to do:</p>
    <ul>${waysToBeWrong.map((way) => `<li>${escapeHtml(way)}</li>`).join('')}</ul>
  </section>
  <dl>${facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>
  <ul class="legend">${legend.map(([colour, text]) => `<li><i style="border-color:${colour}"></i>${escapeHtml(text)}</li>`).join('')}<li>5/5: five answers of five are right</li></ul>
  <img class="wide" alt="Every face with its name and how many of its answers are right" src="data:image/webp;base64,${picture.toString('base64')}">
  <table>
    <thead><tr><th></th><th>Answer</th><th>In the picture</th><th>Picture</th><th>Question</th><th class="n">Confidence</th><th class="n">Composite</th><th>Checks</th><th class="n">ms</th></tr></thead>
    <tbody>${rows.join('\n')}</tbody>
  </table>
</main>
</html>
`;
}

async function row(trial: Trial, rates: Rates): Promise<string> {
  const { answer } = trial;
  const thumbnail = await sharp(trial.picture)
    .resize(72, 72, { fit: 'cover' })
    .webp({ quality: 75 })
    .toBuffer();
  return `<tr class="${trial.right ? '' : 'wrong'}">
  <td class="face"><img class="thumb" alt="" src="data:image/webp;base64,${thumbnail.toString('base64')}"></td>
  <td class="answer"><span class="tag ${answer.verified ? 'yes' : 'no'}">${escapeHtml(answerOf(trial))}</span>${trial.right ? '' : ' <b>wrong</b>'}</td>
  <td data-name="In the picture">${escapeHtml(trial.who)}</td>
  <td data-name="Picture">${escapeHtml(trial.treatment === 'none' ? 'as it is' : trial.treatment)}</td>
  <td data-name="Question">${escapeHtml(trial.question)}</td>
  <td data-name="Confidence" class="n">${number(answer.confidence)}</td>
  <td data-name="Composite" class="n">${number(answer.compositeScore)}</td>
  <td data-name="Checks" class="checks">${escapeHtml(checksOf(answer.checkResults ?? []))}</td>
  <td data-name="Milliseconds" class="n">${Math.round(trial.milliseconds)}</td>
</tr>${trial.right ? '' : `\n<tr class="wrong why"><td></td><td colspan="8">${escapeHtml(meaningOf(trial, rates))}</td></tr>`}`;
}

export function answerOf({ status, answer }: Trial): string {
  if (answer.verified) return answer.email ?? 'verified';
  return status === 200 ? 'not recognized' : `refused: ${answer.code}`;
}

/** The checks that ran with their scores, then how many had nothing to go by. */
export function checksOf(results: readonly CheckResult[]): string {
  const ran = results.filter(({ skipped }) => skipped === undefined);
  const skipped = results.length - ran.length;
  const parts = ran.map(({ check, score, pass }) => `${check} ${score.toFixed(2)}${pass ? '' : ' failed'}`);
  return [...parts, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', ');
}

const number = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(2));

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const style = `
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5c6370; --paper: #fff; --line: #e3e6ea; --good: #0a7d3c; --bad: #c22; --tint: #f5f7f9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa0a8; --paper: #17191c; --line: #2c3036; --good: #3ddc84; --bad: #ff6b6b; --tint: #1f2226; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 32px 24px 64px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 24px; }
h1 { font-size: 28px; margin: 0; letter-spacing: -0.01em; }
p { max-width: 76ch; }
.verdict { margin: 0; font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
code { font-size: 0.92em; background: var(--tint); padding: 1px 5px; border-radius: 4px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px 24px; margin: 24px 0; }
dt { color: var(--soft); font-size: 13px; } dd { margin: 0; font-weight: 600; }
.wide { width: 100%; height: auto; border-radius: 10px; display: block; margin: 24px 0; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 24px 0 -12px; padding: 0; font-size: 14px; color: var(--soft); }
.legend i { display: inline-block; width: 14px; height: 14px; border: 3px solid; border-radius: 3px; margin-right: 7px; vertical-align: -2px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
th, td { padding: 6px 8px; border-bottom: 1px solid var(--line); vertical-align: middle; white-space: nowrap; }
td.checks { white-space: normal; color: var(--soft); font-size: 13px; min-width: 170px; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.thumb { width: 48px; height: 48px; border-radius: 6px; display: block; object-fit: cover; }
.tag.yes { color: var(--good); } .tag.no { color: var(--soft); }
tr.why td { white-space: normal; padding-top: 0; }
.meaning { margin: 20px 0; } .meaning h2 { font-size: 17px; margin: 0; } .meaning p, .meaning ul { margin: 4px 0; } .meaning li { max-width: 100ch; }
tr.wrong { background: color-mix(in srgb, var(--bad) 14%, transparent); }
.answer { font-weight: 600; }
@media (max-width: 960px) {
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: grid; grid-template-columns: 56px 1fr; column-gap: 12px; padding: 12px 0; border-bottom: 1px solid var(--line); }
  tr.wrong { padding-inline: 8px; border-radius: 8px; }
  td { grid-column: 2; padding: 1px 0; border: 0; white-space: normal; }
  td.n { text-align: left; }
  td.face { grid-column: 1; grid-row: 1 / span 8; }
  td.answer { font-size: 16px; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); }
}
@media (min-width: 601px) and (max-width: 960px) {
  tr { grid-template-columns: 56px 1fr 1fr; }
  td { grid-column: auto; }
  td.face { grid-row: 1 / span 5; }
  td.answer { grid-column: 2 / span 2; }
}
@media (max-width: 600px) { main { padding: 20px 16px 48px; } }
`;
