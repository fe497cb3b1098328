import { between, oneOf, type Random, shuffled } from './chance.ts';

export type Task = { is: 'type'; id: string; text: string } | { is: 'press'; id: string };

const fields = ['name', 'email', 'street', 'city', 'phone', 'note'];
const choices = ['small', 'medium', 'large', 'red', 'green', 'blue', 'gift', 'card'];
const words =
  'maria jonas weber river street garden seven houses please leave the box beside the door thank you'.split(
    ' ',
  );

/** Texts of 8 characters and more. */
function textFor(field: string, random: Random): string {
  const word = (): string => oneOf(random, words);
  const number = (digits: number): string =>
    String(Math.floor(between(random, 10 ** (digits - 1), 10 ** digits)));
  if (field === 'phone') return `0${number(9)}`;
  if (field === 'email') return `${word()}.${word()}@example.org`;
  if (field === 'note') return `${word()} ${word()} ${word()} ${word()}`;
  return `${word()} ${word()} ${number(2)}`;
}

/** One filled-in form: some fields, some choices in between, and `send` at its end. */
export function drawTasks(
  random: Random,
  { fields: n, choices: m }: { fields: number; choices: number },
): Task[] {
  return [
    ...shuffled(random, [
      ...shuffled(random, fields)
        .slice(0, n)
        .map((id): Task => ({ is: 'type', id, text: textFor(id, random) })),
      ...shuffled(random, choices)
        .slice(0, m)
        .map((id): Task => ({ is: 'press', id })),
    ]),
    { is: 'press', id: 'send' },
  ];
}
