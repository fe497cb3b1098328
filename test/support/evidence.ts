import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';

/** One part of a benchmark: its figures for programs and its lines of Markdown for people. */
export interface Evidence {
  title: string;
  measured: unknown;
  lines: string[];
}

type Kept = Record<string, Evidence & { machine: Machine }>;

/** Keeps the parts in `FOLDER/NAME.json` and renders all that are kept to `FOLDER/NAME.md`; parts not measured now stay. */
export function keepEvidence(
  folder: string,
  name: string,
  parts: Record<string, Evidence>,
  machine: Machine,
): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const kept: Kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : {};
  for (const [part, evidence] of Object.entries(parts)) kept[part] = { ...evidence, machine };
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(join(folder, `${name}.md`), render(name, kept));
}

function render(name: string, kept: Kept): string {
  const parts = Object.values(kept).map(({ title, lines, machine }) => [
    `## ${title}`,
    '',
    ...lines,
    '',
    `${machine.date} UTC, commit ${machine.commit}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ` +
      `${machine.system}; Node ${machine.node}, ONNX Runtime ${machine.onnxruntime}`,
  ]);
  return `${[`# ${name}`, ...parts.map((lines) => lines.join('\n'))].join('\n\n')}\n`;
}

/** A Markdown table; numbers are shown as given. */
export function markdownTable(head: string[], rows: (string | number)[][]): string[] {
  const line = (cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
