import { Note } from '../../ui/layout/index.ts';
import { useStrings } from '../../ui/strings/index.ts';
import type { passkeyObstacle } from './passkeys.ts';
import { sessionStrings } from './session-strings.ts';

/** Why passkeys cannot work here, and what to do about it. */
export function PasskeyObstacle({ obstacle }: { obstacle: NonNullable<ReturnType<typeof passkeyObstacle>> }) {
  const t = useStrings(sessionStrings);
  const host = location.host;
  return obstacle === 'ip-address' ? (
    <Note kind="warn" title={t('passkeysNoNameTitle')}>
      {t('passkeysNoNameText', { host })}
    </Note>
  ) : (
    <Note kind="warn" title={t('passkeysNoneTitle')}>
      {t('passkeysNoneText', { host })}
    </Note>
  );
}
