import {
  type CSSProperties,
  createElement as h,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  useRef,
} from 'react';
import { type BoardItem, type ChallengeView, nextItem } from './challenge-view.ts';

export interface BoardProps {
  view: ChallengeView;
  /** Ids of the dots, in the order in which they were chosen. */
  chosen: readonly string[];
  busy: boolean;
  onChoose(id: string): void;
}

/** Targets or dots at their places. Each is a button: mouse, touch, Tab and Enter, arrow keys, screen reader. Dots are also drawn over. */
export function ChallengeBoard({ view, chosen, busy, onChoose }: BoardProps): ReactElement {
  const board = useRef<HTMLDivElement>(null);
  const drag = useDrag(view, busy, chosen, onChoose);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const from = (event.target as HTMLElement).dataset.item;
    const to = from === undefined ? undefined : nextItem(view.items, from, event.key);
    if (to === undefined) return;
    event.preventDefault();
    for (const button of board.current?.querySelectorAll('button') ?? [])
      if (button.dataset.item === to) button.focus();
  };
  return h(
    'div',
    { ref: board, style: boardStyle(view), onKeyDown, ...(view.is === 'dots' && drag) },
    view.is === 'dots' && h(Path, { items: view.items, chosen }),
    view.items.map((item) => {
      const position = chosen.indexOf(item.id) + 1;
      return h(
        'button',
        {
          key: item.id,
          type: 'button',
          ...{ 'data-item': item.id, 'aria-label': item.name },
          ...(view.is === 'dots' && { 'aria-pressed': position > 0 }),
          'aria-disabled': busy || undefined,
          onClick: () => onChoose(item.id),
          style: itemStyle(item, view, position > 0),
        },
        item.picture !== undefined
          ? h('img', { src: item.picture, alt: '', draggable: false, style: pictureStyle })
          : h('span', { 'aria-hidden': true }, item.text ?? (position > 0 ? position : '')),
      );
    }),
  );
}

/** The line through the chosen dots. */
function Path({ items, chosen }: { items: readonly BoardItem[]; chosen: readonly string[] }): ReactElement {
  const points = chosen.flatMap((id) => items.find((item) => item.id === id) ?? []);
  return h(
    'svg',
    { 'aria-hidden': true, viewBox: '0 0 100 100', preserveAspectRatio: 'none', style: pathStyle },
    h('polyline', {
      ...{ points: points.map(({ x, y }) => `${x},${y}`).join(' '), fill: 'none', stroke: 'currentColor' },
      ...{ strokeWidth: 3, vectorEffect: 'non-scaling-stroke' },
    }),
  );
}

/** How near to a dot a line has to pass, in percent of the board. */
const NEAR = 9;

/** A line that is drawn with mouse, pen or finger chooses the dots that it passes. A press without a line is the click of the button. */
function useDrag(
  view: ChallengeView,
  busy: boolean,
  chosen: readonly string[],
  onChoose: (id: string) => void,
) {
  const from = useRef<string | undefined>(undefined);
  const passed = useRef<string | undefined>(undefined);
  const dotAt = (event: PointerEvent<HTMLDivElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * 100;
    const y = ((event.clientY - top) / height) * 100;
    return view.items.find((item) => Math.hypot(item.x - x, item.y - y) <= NEAR)?.id;
  };
  const stop = () => {
    from.current = undefined;
  };
  return {
    onPointerDown(event: PointerEvent<HTMLDivElement>) {
      from.current = busy || event.button !== 0 ? undefined : dotAt(event);
      passed.current = from.current;
    },
    onPointerMove(event: PointerEvent<HTMLDivElement>) {
      if (from.current === undefined || event.buttons === 0) return;
      const dot = dotAt(event);
      if (dot === undefined || dot === passed.current) return;
      if (passed.current === from.current && !chosen.includes(from.current)) onChoose(from.current);
      passed.current = dot;
      if (!chosen.includes(dot)) onChoose(dot);
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}

const boardStyle = (view: ChallengeView): CSSProperties => ({
  ...{ position: 'relative', width: '100%', maxWidth: '24rem', margin: '0.75rem 0' },
  aspectRatio: view.is === 'dots' ? '1' : '4 / 3',
  ...{ border: '1px solid currentColor', borderRadius: '0.5rem', boxSizing: 'border-box' },
  ...{ userSelect: 'none', WebkitUserSelect: 'none' },
  ...(view.is === 'dots' && { touchAction: 'pinch-zoom' }),
});

const itemStyle = ({ x, y }: BoardItem, view: ChallengeView, isChosen: boolean): CSSProperties => ({
  ...{ position: 'absolute', left: `${x}%`, top: `${y}%`, transform: 'translate(-50%, -50%)' },
  ...{ width: view.is === 'dots' ? '17%' : '14%', aspectRatio: '1', minWidth: '2.25rem', padding: 0 },
  ...{ display: 'grid', placeItems: 'center', cursor: 'pointer', font: 'inherit', lineHeight: 1 },
  fontSize: view.is === 'dots' ? '1.25rem' : 'min(1.75rem, 8vw)',
  borderRadius: view.is === 'dots' ? '50%' : '0.5rem',
  border: view.is === 'dots' ? '2px solid currentColor' : '1px solid transparent',
  background: isChosen ? 'Highlight' : view.is === 'dots' ? 'Canvas' : 'transparent',
  color: isChosen ? 'HighlightText' : view.is === 'dots' ? 'CanvasText' : 'inherit',
});

const pictureStyle: CSSProperties = { width: '100%', height: '100%', objectFit: 'contain', display: 'block' };
const pathStyle: CSSProperties = { position: 'absolute', inset: 0, width: '100%', height: '100%' };
