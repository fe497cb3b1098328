import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredShare, PublishedFigure } from '../../../service/engine/appliance/index.ts';
import type { Machine } from '../../support/machine.ts';

/** What a report keeps of one part. */
export interface KeptPart<Measured> {
  title: string;
  measured: Measured;
  machine: Machine;
}

export interface Hits {
  hits: number;
  of: number;
  interval: [number, number];
}

export const readKept = <T>(folder: string, name: string): T =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as T;

export const shareOf = ({ hits, of, interval: [from, to] }: Hits): MeasuredShare => ({
  value: of === 0 ? 0 : hits / of,
  from,
  to,
});

/** 0.0123 as "1.2 %". */
export const percent = (value: number, digits = 1): string => {
  const text = (100 * value).toFixed(digits);
  return `${/^-?0\.0+$/.test(text) ? '0' : text} %`;
};

/** "1.2 % (95 %: 0.4 to 2.0 %)" */
export const withInterval = ({ value, from, to }: MeasuredShare, digits = 1): string =>
  `${percent(value, digits)} (95 %: ${percent(from, digits).replace(' %', '')} to ${percent(to, digits)})`.replaceAll(
    ' %',
    '\u00a0%',
  );

/** A German sentence with figures as above: "96.1 %" becomes "96,1 %", "1,000" "1.000", and "to" in an interval "bis". */
export const inGerman = (sentence: string): string =>
  sentence
    .replaceAll(/(\(95\s%: [\d.]+) to /g, '$1 bis ')
    .replaceAll(/(?<=\d)[.,](?=\d)/g, (sign) => (sign === '.' ? ',' : '.'));

/** Where and when a part was measured, as each claim says it. */
export const measuredOn = ({
  date,
  commit,
  cpu,
  cores,
  memoryGiB,
  system,
  node,
  onnxruntime,
}: Machine): Pick<PublishedFigure, 'measured' | 'commit' | 'machine'> => ({
  measured: date,
  commit,
  machine: `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; Node ${node}, ONNX Runtime ${onnxruntime}`,
});
