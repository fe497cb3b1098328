import { Note, Stack } from '../../../ui/layout/index.ts';
import { Said } from '../../../ui/said.tsx';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { useCodeWords } from '../../reasons/refusal-words.tsx';
import type { DryRun } from './models-query.ts';
import { modelStrings } from './strings.ts';

const same = (list: { before: string[]; after: string[] }) => list.before.join() === list.after.join();

/** What changes of the models would do, the gravest first. */
export function DryRunView({ run }: { run: DryRun }) {
  const t = useStrings(modelStrings);
  const format = useFormat();
  const wordsOf = useCodeWords();
  const { enrolled, recognizable, byBestScorer } = run.people;
  const lost = recognizable.before - recognizable.after;
  const simpler = Math.min(enrolled, recognizable.after) - byBestScorer.after;
  const scorersChange = !same(run.scorers);
  const quiet =
    run.profiles.length === 0 &&
    lost === 0 &&
    !run.galleries.loadedAnew &&
    !scorersChange &&
    same(run.padSets);
  return (
    <Stack gap={12}>
      {run.refusals.map(({ code, message }) => (
        <Note key={message} kind="bad" title={t('wouldRefuse')}>
          <Said {...wordsOf(code, message)} />
        </Note>
      ))}
      {quiet && run.refusals.length === 0 && <p>{t('nothingChanges')}</p>}
      {lost > 0 && (
        <Note
          kind="bad"
          title={t('lost', { count: lost, lost: format.count(lost), of: format.count(enrolled) })}
        >
          {t('lostText')}
        </Note>
      )}
      {lost <= 0 && scorersChange && simpler > 0 && (
        <Note kind="warn" title={t('simpler', { count: simpler, people: format.count(simpler) })}>
          {t('simplerText')}
        </Note>
      )}
      {run.galleries.loadedAnew && <p>{t('loadedAnew')}</p>}
      {!same(run.padSets) && (
        <p>
          {run.padSets.after.length === 0
            ? t('noLiveness')
            : t('livenessBy', {
                set: run.padSets.after[0] ?? '',
                before: run.padSets.before[0] ?? t('none'),
              })}
        </p>
      )}
      {run.profiles.length > 0 && <ChangedProfiles run={run} />}
    </Stack>
  );
}

type ChangedProfile = DryRun['profiles'][number];
type Runs = ChangedProfile['before'];

/** Profiles that change alike stand together. */
function ChangedProfiles({ run: { profiles } }: { run: DryRun }) {
  const t = useStrings(modelStrings);
  const describe = useChangeText();
  const alike = Map.groupBy(profiles, (one) => describe(one).join('\n'));
  return (
    <div>
      <h3>{t('profilesChange', { count: profiles.length })}</h3>
      <ul>
        {[...alike].map(([text, group]) => (
          <li key={text} style={{ marginBottom: 8 }}>
            <b>{group.map(({ name, world }) => `${name} (${t(world)})`).join(', ')}</b>
            {text.split('\n').map((line) => (
              <div key={line} className="small">
                {line}
              </div>
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What of a profile would be another, a line each. */
function useChangeText(): (changed: ChangedProfile) => string[] {
  const t = useStrings(modelStrings);
  const heldFor = useStrings(heldForStrings);
  const format = useFormat();
  const wordsOf = useCodeWords();
  const refusal = ({ code, message }: { code: string; message: string }) =>
    code === 'PAD_NOT_INSTALLED'
      ? t('refusedWithoutLiveness')
      : code === 'MODEL_NOT_INSTALLED'
        ? t('refusedWithoutModel')
        : t('refusedBecause', { message: Object.values(wordsOf(code, message)).join(' ') });
  const comparison = (runs: Extract<Runs, { is: 'runs' }>) =>
    t('comparison', {
      scorer: runs.scorer,
      threshold: format.score(runs.threshold),
      refused: format.percent(runs.refused),
      rate: format.rate(runs.falseMatchRate),
      heldFor: heldFor(runs.holdsFor),
      note: runs.extrapolated ? `, ${t('extrapolated')}` : '',
    });
  const liveness = ({ liveness: judged }: Extract<Runs, { is: 'runs' }>) =>
    judged
      ? t('withLiveness', {
          set: judged.set,
          threshold: format.score(judged.threshold),
          bpcer: format.percent(judged.bpcer),
        })
      : t('withoutLiveness');
  const whole = (runs: Runs) =>
    runs.is === 'refused' ? refusal(runs) : `${comparison(runs)}; ${liveness(runs)}`;
  return ({ before, after }) => {
    if (before.is === 'refused' || after.is === 'refused') return [`${whole(before)} → ${whole(after)}`];
    return [
      [before.detector, after.detector],
      [comparison(before), comparison(after)],
      [liveness(before), liveness(after)],
    ].flatMap(([from, to]) => (from === to ? [] : [`${from} → ${to}`]));
  };
}
