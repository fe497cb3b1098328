import type { TemplateRow } from './template-store.ts';

type Kept = Pick<
  TemplateRow,
  'id' | 'enrollment' | 'embedder' | 'embedder_sha256' | 'quality' | 'created_at'
>;

/**
 * The templates of all enrollments beyond the `most` best: those of the present model files before older ones, then by
 * quality, then the newer.
 */
export function surplusOf(
  rows: readonly Kept[],
  files: Readonly<Record<string, string>>,
  most: number,
): string[] {
  const enrollments = [...Map.groupBy(rows, ({ enrollment }) => enrollment).values()].map((templates) => ({
    templates,
    usable: templates.some((row) => files[row.embedder] === row.embedder_sha256) ? 1 : 0,
    quality: templates[0]!.quality,
    at: templates[0]!.created_at,
    id: templates[0]!.enrollment,
  }));
  return enrollments
    .toSorted((a, b) => b.usable - a.usable || b.quality - a.quality || b.at - a.at || (a.id < b.id ? 1 : -1))
    .slice(most)
    .flatMap(({ templates }) => templates.map(({ id }) => id));
}
