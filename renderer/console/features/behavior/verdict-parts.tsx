import { IconRobot } from '@tabler/icons-react';
import { Badge } from '../../../ui/controls/index.ts';
import { defineStrings, useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import de from './note-strings.de.json' with { type: 'json' };
import en from './note-strings.en.json' with { type: 'json' };
import { behaviorStrings } from './strings.ts';

/** What the notes and signals of a verdict say (docs/BEHAVIOR.md). */
const noteStrings = defineStrings('console/features/behavior/note-strings', en, de);

type NoteKey = keyof (typeof noteStrings)['en'];

/** Undefined: a note of a newer service. */
const noteKey = (note: string): NoteKey | undefined =>
  note in noteStrings.en ? (note as NoteKey) : undefined;

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
