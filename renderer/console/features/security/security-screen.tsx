import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { OwnFace as Face } from '../../api/auth.ts';
import { operators } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { EnrollFace } from './enroll-face.tsx';
import { OwnFace } from './own-face.tsx';
import { OwnPasskeys } from './own-passkeys.tsx';
import { OwnPin } from './own-pin.tsx';
import { OwnSessions } from './own-sessions.tsx';
import { PasswordForm } from './password-form.tsx';
import { NewRecoveryCodes, RecoveryCodes } from './recovery-codes.tsx';
import { securityStrings } from './strings.ts';

export const Route = createLazyRoute('/security')({ component: SecurityScreen });

/** How the reader signs in, and where. */
function SecurityScreen() {
  const t = useStrings(securityStrings);
  const { user } = useSession();
  const [codes, setCodes] = useState<readonly string[]>();
  const [enrolling, setEnrolling] = useState<Face['consent']>();
  if (codes)
    return (
      <Page
        title={t('codesTitle')}
        lead={t('codesText')}
        parents={[{ label: t('title'), to: '/security' }]}
        reading
      >
        <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />
      </Page>
    );
  if (enrolling)
    return (
      <Page
        title={t('enrollFaceTitle')}
        lead={t('enrollFaceLead')}
        parents={[{ label: t('title'), to: '/security' }]}
        reading
      >
        <EnrollFace consent={enrolling} done={() => setEnrolling(undefined)} />
      </Page>
    );
  return (
    <Page title={t('title')} lead={t('lead', { email: user.email })} reading>
      <OwnPasskeys />
      <NewRecoveryCodes show={setCodes} />
      <OwnFace enroll={setEnrolling} />
      <PasswordForm />
      {operators.includes(user.role) && <OwnPin />}
      <OwnSessions />
    </Page>
  );
}
