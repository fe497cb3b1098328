import type { Shown } from '../../service/engine/behavior/index.ts';

const rows = { top: 16.7, middle: 50, bottom: 83.3 } as const;
const columns = { left: 16.7, center: 50, right: 83.3 } as const;

/** As a person finds the answer: by the label, or by following the words of the hint over the dots. */
export function solve(shown: Shown): string {
  if (shown.type === 'click_targets')
    return shown.targets.find(({ label }) => shown.instruction.endsWith(label))!.id;
  return shown.hint
    .split(', then ')
    .map((words) => (words === 'center' ? 'middle center' : words).split(' '))
    .map(([row, column]) => [columns[column as 'left'], rows[row as 'top']])
    .map(([x, y]) => shown.dots.find((dot) => dot.x === x && dot.y === y)!.id)
    .join('-');
}

/** No answer of any challenge. */
export const wrongAnswer = ({ type }: Shown): string => (type === 'pattern' ? '1' : 't99');
