import { useElementSize } from '@mantine/hooks';

const FONT = 16;

/** A drawing as wide as its place, `height` high, that grows with the text: `width` and all lengths in it are pixels at 16 px of text. */
export function useDrawing(height: number) {
  const { ref, width: pixels } = useElementSize<HTMLDivElement>();
  const factor = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / FONT;
  const width = pixels / factor;
  return {
    ref,
    width,
    svg: {
      // Before its width is known it would be drawn squeezed.
      visibility: width === 0 ? 'hidden' : undefined,
      height: height * factor,
      viewBox: `0 0 ${Math.max(1, width)} ${height}`,
      role: 'img',
    },
  } as const;
}
