import { IconRobot } from '@tabler/icons-react';
import { Badge } from '../../../ui/controls/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { noteKey, noteStrings } from './note-strings.ts';
import { behaviorStrings } from './strings.ts';

type Verdict = Pick<Schemas['BehaviorVerdict'], 'human' | 'agent'>;

/** Human, not human, or a program. */
export function BehaviorBadge({ verdict: { human, agent } }: { verdict: Verdict }) {
  const t = useStrings(behaviorStrings);
  if (agent?.is_agent)
    return (
      <Badge kind="bad" icon={IconRobot}>
        {t('agent')}
      </Badge>
    );
  return <Badge kind={human ? 'ok' : 'warn'}>{human ? t('human') : t('bot')}</Badge>;
}

/** Notes as a sentence each; one of a newer service by its name. */
export function Notes({ notes }: { notes: readonly string[] }) {
  const t = useStrings(noteStrings);
  const texts = notes.map((note) => {
    const key = noteKey(note);
    return key === undefined ? note : t(key);
  });
  return <>{texts.join('. ')}</>;
}
