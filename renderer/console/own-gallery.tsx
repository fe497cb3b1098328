import { useQuery } from '@tanstack/react-query';
import { ButtonLink } from '../ui/controls/button.tsx';
import { Note } from '../ui/layout/note.tsx';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { useFormat } from '../ui/strings/use-format.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { read } from './api/admin.ts';
import de from './own-gallery-strings.de.json' with { type: 'json' };
import en from './own-gallery-strings.en.json' with { type: 'json' };
import { useWorld } from './session/session-query.ts';

const ownGalleryStrings = defineStrings('console/own-gallery-strings', en, de);

/** What the own galleries of the organization were measured to. */
const ownGalleriesQuery = read('/api/admin/organization/calibrations');

/** Says that no figure says whether the rates of a scorer hold for the people enrolled; nothing where something does. */
export function NotMeasuredNote({ scorer }: { scorer: string }) {
  const t = useStrings(ownGalleryStrings);
  const format = useFormat();
  const env = useWorld();
  const { data } = useQuery(ownGalleriesQuery);
  // All tables of a scorer are measured at once.
  const gallery = data?.galleries.find((one) => one.env === env && one.scorer === scorer);
  if (gallery === undefined || gallery.standing === 'measured') return null;
  const { standing, people, fewest } = gallery;
  return standing === 'not-measured' ? (
    <Note kind="warn" title={t('notMeasured')}>
      {t('notMeasuredText')}
    </Note>
  ) : (
    <Note title={t('tooFew')}>
      {t('tooFewText', { people: format.count(people), fewest: format.count(fewest) })}
    </Note>
  );
}

/** How many people's templates are in doubt, as of the last measurement, with the way to them. */
export function DoubtfulNote() {
  const t = useStrings(ownGalleryStrings);
  const env = useWorld();
  const { data } = useQuery(ownGalleriesQuery);
  const count = Math.max(
    0,
    ...(data?.items ?? []).filter((one) => one.env === env).map((one) => one.doubtful),
  );
  if (count === 0) return null;
  return (
    <Note
      kind="warn"
      title={t('doubtful', { count })}
      action={<ButtonLink to="/people/doubtful">{t('showDoubtful')}</ButtonLink>}
    >
      {t('doubtfulText')}
    </Note>
  );
}
