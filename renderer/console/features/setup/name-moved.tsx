import type { ReactNode } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { nameStrings } from './name-strings.ts';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import type { SavedSteps } from './steps.ts';

/** The box is somewhere else now: where, and what the name needs. The reader signs in there, and the assistant goes on. */
export function NameMoved({
  frame,
  moved: { url = '', hostName, network, addresses, restarting },
  rename,
}: {
  frame: { step: 'name'; saved: SavedSteps };
  moved: Schemas['BoxNamed'];
  /** Absent while the service starts anew. */
  rename?: () => void;
}) {
  const t = useStrings(nameStrings);
  const code = (inside: ReactNode) => <code>{inside}</code>;
  const address = url === '' ? '' : new URL('/console/setup', url).href;
  const secure = address.startsWith('https:');
  return (
    <SetupFrame {...frame} title={t('movedTitle')} lead={t(restarting ? 'movedRestarting' : 'movedByHand')}>
      {!restarting && (
        <Note kind="warn" title={t('restartTitle')}>
          {t.rich('restartText', { code })}
        </Note>
      )}
      <Card title={t('movedSteps')}>
        <Stack>
          <ol className={styles.ordered}>
            {hostName !== undefined && (
              <li>
                {t.rich('movedDns', {
                  code,
                  name: hostName,
                  addresses: (network && addresses.join(', ')) || '127.0.0.1',
                })}
              </li>
            )}
            {address !== '' && (
              <li>
                {t('movedOpen')} <a href={address}>{address}</a>
              </li>
            )}
            {secure && <li>{t('movedWarning')}</li>}
            <li>{t('movedSignIn')}</li>
          </ol>
        </Stack>
      </Card>
      {address !== '' && (
        <StepActions back={rename}>
          <Button kind="primary" onClick={() => location.assign(address)}>
            {t('movedGo')}
          </Button>
        </StepActions>
      )}
    </SetupFrame>
  );
}
