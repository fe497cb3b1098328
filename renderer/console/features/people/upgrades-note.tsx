import { useQuery } from '@tanstack/react-query';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { useWorld } from '../../session/session-query.ts';
import { upgradesQuery } from '../../template-upgrades.ts';
import { peopleStrings } from './strings.ts';

/** How many people are recognized by a superseded embedding model alone, with the way to them; nothing where there are none. */
export function UpgradesNote() {
  const t = useStrings(peopleStrings);
  const { data } = useQuery(upgradesQuery(useWorld()));
  const count = data === undefined ? 0 : data.provisional + data.waiting;
  if (count === 0) return null;
  return (
    <Note
      title={t('upgrades', { count })}
      action={<ButtonLink to="/people/upgrades">{t('showUpgrades')}</ButtonLink>}
    >
      {t('upgradesText')}
    </Note>
  );
}
