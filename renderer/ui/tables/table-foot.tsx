import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { Button } from '../controls/button.tsx';
import { useFormat } from '../format/use-format.ts';
import { Row } from '../layout/layout.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './table.module.css';
import type { Pages } from './use-pages.ts';

/** "Rows 1–50 of 3,418", and the way to the pages before and after. Nothing where everything fits on one page. */
export function TableFoot({
  pages,
  next,
  limit,
  shown,
  total,
  totalIsBound = false,
}: {
  pages: Pages;
  next: string | null | undefined;
  limit: number;
  shown: number;
  total?: number;
  /** There are more than `total`. */
  totalIsBound?: boolean;
}) {
  const t = useStrings(uiStrings);
  const format = useFormat();
  const hasNext = next !== undefined && next !== null;
  const from = pages.before === undefined ? undefined : pages.before * limit + 1;
  const range = from === undefined ? undefined : { from, to: from + shown - 1 };
  const all = total === undefined ? undefined : format.count(total);
  return (
    <div className={styles.foot}>
      <span className="num">
        {range &&
          (all === undefined
            ? t('rowsShown', range)
            : t('rowsShownOf', { ...range, total: totalIsBound ? t('moreThanTotal', { total: all }) : all }))}
      </span>
      {(hasNext || pages.after !== undefined) && (
        <Row gap={8} wrap={false}>
          <Button
            small
            icon={pages.before !== undefined}
            disabled={pages.after === undefined}
            aria-label={pages.before === undefined ? t('firstPage') : t('previousPage')}
            onClick={pages.before === undefined ? pages.first : pages.previous}
          >
            <IconChevronLeft size={18} stroke={1.75} aria-hidden="true" />
            {pages.before === undefined && t('firstPage')}
          </Button>
          <Button
            small
            icon
            disabled={!hasNext}
            aria-label={t('nextPage')}
            onClick={() => hasNext && pages.next(next)}
          >
            <IconChevronRight size={18} stroke={1.75} aria-hidden="true" />
          </Button>
        </Row>
      )}
    </div>
  );
}
