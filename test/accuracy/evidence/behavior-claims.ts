import type { Claim } from './german-words.ts';
import { type Hits, inGerman, type KeptPart, measuredOn, percent, shareOf } from './kept-figures.ts';

interface Bar {
  number: number;
  title: string;
  goal: string;
  verdict: 'holds' | 'in part' | 'missed';
  result: string;
}

export interface Behavior {
  summary: KeptPart<Bar[]>;
  'bar-4': KeptPart<{ name: string; exact: Hits }[]>;
}

/** The twelve bars of the behavior score in one claim, with what a generator costs that training has not seen. */
export function behaviorClaims({ summary, 'bar-4': unseen }: Behavior): Claim[] {
  const bars = summary.measured;
  const shares = unseen.measured.map(({ exact }) => shareOf(exact).value);
  const noticed = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const count = (verdict: Bar['verdict']) => bars.filter((bar) => bar.verdict === verdict).length;
  return [
    {
      id: 'behavior',
      group: 'behavior',
      title: 'Human or bot: the behavior score',
      claim: `${count('holds')} of ${bars.length} goals are reached, ${count('in part')} in part. Of sessions of ${shares.length} programs that training has not seen, ${percent(noticed, 0)} are noticed on average and ${percent(Math.min(...shares), 0)} of the worst, at 1 % false alarms among people.`,
      verdict: count('missed') === 0 ? (count('in part') === 0 ? 'holds' : 'part') : 'missed',
      maturity: 'experimental',
      data: 'Bots that drive a real Chromium, and people of public research data sets',
      ...measuredOn(summary.machine),
      command: 'npm run accuracy -- behavior',
      chart: {
        finding:
          'Sessions noticed of a program that training has not seen, at 1 % false alarms among people it has not seen.',
        goal: { value: 0.55, label: `goal: ${percent(0.55, 0)} on average` },
        bars: unseen.measured.map(({ name, exact }) => ({ label: name, ...shareOf(exact) })),
      },
      table: {
        head: ['Test', 'Goal', 'Verdict', 'Measured'],
        rows: bars.map(({ number, title, goal, verdict, result }) =>
          // The report is Markdown.
          [`${number}. ${title}`, goal, verdict, result].map((cell) => cell.replaceAll(/\*\*|`/g, '')),
        ),
      },
      limits: [
        'It advises: never use it alone to refuse or to admit a person.',
        'Recorded movements of a person that are played again pass, and so does a person who works for another.',
        'It holds for a mouse and a keyboard at a computer. Nothing is known about touch, phones, assistive technology and agents with a language model.',
      ],
      german: {
        claim: inGerman(
          `${count('holds')} von ${bars.length} Zielen sind erreicht, ${count('in part')} teilweise. Von Sitzungen von ${shares.length} Programmen, die das Training nicht kannte, fallen im Mittel ${percent(noticed, 0)} auf, vom schlechtesten ${percent(Math.min(...shares), 0)}, bei 1 % Fehlalarmen unter Menschen.`,
        ),
        limits: [
          'Es ist ein Hinweis: nie allein zum Ablehnen oder Zulassen verwenden.',
          'Wiedergegebene Bewegungen eines Menschen bestehen, und ebenso ein Mensch, der für einen anderen arbeitet.',
          'Es gilt für Maus und Tastatur an einem Computer. Über Touch, Telefone, Hilfstechnik und Agenten mit einem Sprachmodell ist nichts bekannt.',
        ],
      },
    },
  ];
}
