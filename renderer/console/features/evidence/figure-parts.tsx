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

/** Data, machines and charts of the published figures, which are English in each language of the console. */
export const English = ({ children }: { children: string }) => <span lang="en">{children}</span>;

/** In the language of the reader; a figure that these pages do not know yet, by the service's own title. */
export function useFigureTitle(): (claim: Pick<PublishedFigure, 'id' | 'title'>) => string {
  const t = useStrings(evidenceStrings);
  return ({ id, title }) => {
    const key = `title.${id}`;
    return isTitle(key) ? t(key) : title;
  };
}
type TitleKey = Extract<keyof (typeof evidenceStrings)['en'], `title.${string}`>;
const isTitle = (key: string): key is TitleKey => key in evidenceStrings.en;

/** The sentences of a claim in the language of the reader. */
export function useFigureWords(): (claim: PublishedFigure) => Pick<PublishedFigure, 'claim' | 'limits'> {
  const { language } = useLanguage();
  return (claim) => (language === 'de' ? claim.german : claim);
}
export const FigureSentence = ({ of }: { of: PublishedFigure }) => <>{useFigureWords()(of).claim}</>;

export const FigureTitle = ({ of }: { of: Pick<PublishedFigure, 'id' | 'title'> }) => (
  <>{useFigureTitle()(of)}</>
);
