import { IconListCheck } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { useAllowed, useUses } from './queries.ts';
import { profileStrings } from './strings.ts';

/** Who runs the profile, and the way to what it decided. */
export function UsedBy({ slug }: { slug: string }) {
  const t = useStrings(profileStrings);
  const uses = useUses(slug);
  const allowed = useAllowed();
  return (
    <Card title={t('usedBy')}>
      <Stack gap={12}>
        {uses && (
          <ul className="small">
            <li>
              <Link to="/keys">{t('usedByKeys', { count: uses.keys })}</Link>
            </li>
            <li>
              <Link to="/flows">{t('usedByFlows', { count: uses.flows })}</Link>
            </li>
          </ul>
        )}
        <p className="small muted">
          {allowed?.byDefault === slug && t('usedByDefault')}{' '}
          {allowed && (allowed.mayName(slug) ? t('usedByOthers') : t('notAllowedHint'))}
        </p>
        <div>
          <ButtonLink to="/verifications" search={{ profile: slug }} small>
            <IconListCheck size={16} stroke={1.75} aria-hidden="true" />
            {t('verifications')}
          </ButtonLink>
        </div>
      </Stack>
    </Card>
  );
}
