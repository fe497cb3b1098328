import type { ReactNode } from 'react';
import { Note } from '../../ui/layout/index.ts';
import { Refusal } from '../../ui/refusal.ts';
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

/** Why a passkey was not made or asked for: `refused` where the box refused it, else that the browser or the person did not go on. */
export function PasskeyFailed({
  error,
  title,
  text,
  refused,
}: {
  error: unknown;
  title: string;
  text: string;
  refused: ReactNode;
}) {
  if (!error) return null;
  if (error instanceof Refusal) return refused;
  return (
    <Note kind="bad" title={title}>
      {text}
    </Note>
  );
}
