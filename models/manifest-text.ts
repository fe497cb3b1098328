import { Manifest } from '../service/inference/models/manifest.ts';

/** The file of a manifest, lists of numbers and points of tables on one line each. Throws ZodError for what is not a manifest. */
export const manifestText = (manifest: unknown): string => `${print(Manifest.parse(manifest), '')}\n`;

const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'number');

const isPoint = (value: object): boolean => 'fmr' in value || 'score' in value;

function print(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isNumbers(value) || isPoint(value))
    return JSON.stringify(value).replaceAll(/([,:])(?=["\d[{-])/g, '$1 ');
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((one) => print(one, inner))
    : Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([key, one]) => `${JSON.stringify(key)}: ${print(one, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return lines.length === 0
    ? `${open}${close}`
    : `${open}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${close}`;
}
