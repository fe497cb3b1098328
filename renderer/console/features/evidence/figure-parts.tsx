import { Badge } from '../../../ui/controls/index.ts';
import { useLanguage, useStrings } from '../../../ui/strings/index.ts';
import type { PublishedFigure } from './evidence-query.ts';
import { evidenceStrings } from './strings.ts';

const kinds = { holds: 'ok', part: 'warn', missed: 'bad', none: 'outline' } as const;

/** Whether the goal of a figure is reached. */
export function Verdict({ of }: { of: PublishedFigure['verdict'] }) {
  const t = useStrings(evidenceStrings);
  return <Badge kind={kinds[of]}>{t(of)}</Badge>;
}

/** A claim in the language of the reader. */
export function useFigureWords(): (claim: PublishedFigure) => PublishedFigure {
  const { language } = useLanguage();
  return (claim) => (language === 'de' ? { ...claim, ...claim.german } : claim);
}
export const FigureSentence = ({ of }: { of: PublishedFigure }) => <>{useFigureWords()(of).claim}</>;
