import { useQuery } from '@tanstack/react-query';
import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { type Change, loosened } from './changes.ts';
import { padSetOf } from './checks-card.tsx';
import type { Definition } from './profile-values.ts';
import { checksQuery } from './queries.ts';
import { useSettingWords } from './setting-names.ts';
import { profileStrings } from './strings.ts';

/** Names what of the changes lets more attacks or mix-ups pass, with what was measured next to the new liveness threshold. */
export function EasierNote({
  changes,
  definition,
}: {
  changes: readonly Change[];
  definition: Definition | undefined;
}) {
  const t = useStrings(profileStrings);
  const format = useFormat();
  const { sentenceOf } = useSettingWords();
  const { data } = useQuery(checksQuery);
  const found = loosened(changes);
  if (found.length === 0 || definition === undefined) return null;
  const touchesLiveness = found.some(({ path }) => path.startsWith('checks.liveness.'));
  const set = data && touchesLiveness ? padSetOf(data, definition.models.padSet ?? '') : undefined;
  const point = set && pointBelow(set.points, definition);
  return (
    <Note kind="warn" title={t('easierTitle')}>
      <p>{t('easierText', { settings: found.map(sentenceOf).join('; ') })}</p>
      {point && (
        <p>
          {t('easierMeasured', {
            score: format.score(point.score),
            apcer: format.percent(point.apcer),
            worst: format.percent(point.worst?.apcer ?? point.apcer),
            bpcer: format.percent(point.bpcer),
            data: set.data ?? '–',
            date: set.date === undefined ? '–' : format.date(set.date),
          })}
        </p>
      )}
    </Note>
  );
}

/**
 * The measured point at the threshold, else the next one below it, else the lowest: what passes at the threshold itself is at most that.
 * Only on the scale of live scores, on which the points were measured.
 */
function pointBelow<Point extends { score: number }>(
  points: readonly Point[],
  { checks, models }: Definition,
): Point | undefined {
  if (models.livenessScale !== 'live') return undefined;
  return points.findLast(({ score }) => score <= checks.liveness.threshold) ?? points[0];
}
